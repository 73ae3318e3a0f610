package python

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a conversation may take; none takes longer than seconds.
const patience = 100 * time.Second

const (
	typePing = 2
	typeEcho = 1000
)

// The programs are a text to be read: they stay short, and fit on a page.
func TestProgramsAreShort(t *testing.T) {
	lines := 0
	for _, name := range []string{"client.py", "msgr1.py", "server.py"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(source)) {
			lines++
			if len(line) > 101 {
				t.Errorf("%s is wider than 100 columns: %s", name, line)
			}
		}
	}
	if lines > 400 {
		t.Errorf("%d lines", lines)
	}
}

// python returns a command that runs a script of this folder and is killed at the test's end.
func python(t *testing.T, script string, arguments ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("PYTHON SKIPPED: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, path, append([]string{script}, arguments...)...)
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	return command
}

// runClient runs client.py and returns what it prints; succeeds says which exit status is right.
func runClient(t *testing.T, succeeds bool, arguments ...string) (stdout, stderr string) {
	t.Helper()
	command := python(t, "client.py", arguments...)
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	err := command.Run()
	if (err == nil) != succeeds || !succeeds && command.ProcessState.ExitCode() != 1 {
		t.Fatalf("client.py: %v\n%s%s", err, &out, &complaints)
	}
	return out.String(), complaints.String()
}

// startServer runs server.py until the test ends, and checks that it ends in good order then.
func startServer(t *testing.T, arguments ...string) wire.EntityAddr {
	t.Helper()
	command := python(t, "server.py", append([]string{"--bind", "127.0.0.1:0"}, arguments...)...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("server.py ends: %v", err)
		}
		if strings.Contains(complaints.String(), "Traceback") {
			t.Errorf("server.py has an error of its own:\n%s", &complaints)
		}
		if t.Failed() {
			t.Log(complaints.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("first line of server.py: %v", err)
	}
	text, _ := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	addr, err := wire.ParseEntityAddr(text)
	if err != nil {
		t.Fatalf("server.py says %q: %v", line, err)
	}
	return addr
}

// A recorder counts what a messenger of ours hears, and hands it to answer.
type recorder struct {
	simplemsgr.NopEvents
	answer func(m *simplemsgr.Message)

	mu     sync.Mutex
	heard  []string // fronts, in order
	resets int      // remote ones
}

func (r *recorder) Dispatch(m *simplemsgr.Message) bool {
	r.mu.Lock()
	r.heard = append(r.heard, string(m.Front))
	r.mu.Unlock()
	r.answer(m)
	return true
}

func (r *recorder) HandleRemoteReset(*simplemsgr.Connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resets++
}

// seen returns how many messages came, and how many resets.
func (r *recorder) seen() (messages, resets int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.heard), r.resets
}

// startOurs starts a messenger of ours that listens and says back what it hears. Behind a forwarder
// it announces the address of that, or the client would not take it for whom it called.
func startOurs(t *testing.T, policy simplemsgr.Policy, through *forwarder) (
	*simplemsgr.Messenger, *recorder,
) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var config simplemsgr.Config
	if through != nil {
		config.Announce = through.Addr().(*net.TCPAddr).AddrPort()
		through.to.Store(listener.Addr().String())
	}
	server := simplemsgr.NewServer(wire.OSD(0), config)
	server.SetPolicy(wire.EntityClient, policy)
	heard := &recorder{answer: func(m *simplemsgr.Message) {
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, Front: bytes.Clone(m.Front)})
	}}
	server.AddDispatcher(heard)
	t.Cleanup(server.Close)
	if err := server.BindListener(listener); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	return server, heard
}

// without is a policy that offers all features but some.
func without(policy simplemsgr.Policy, features wire.Features) simplemsgr.Policy {
	policy.FeaturesSupported = policy.Offers() &^ features
	return policy
}

func TestClientWithOurServer(t *testing.T) {
	for name, test := range map[string]struct {
		theirs string
		ours   simplemsgr.Policy
	}{
		"lossy":       {"lossy", simplemsgr.StatelessServer()},
		"lossless":    {"lossless", simplemsgr.StatefulServer()},
		"they decide": {"lossless", simplemsgr.StatelessServer()},
		"old footers": {"lossy", without(simplemsgr.StatelessServer(), wire.FeatureMsgAuth)},
		"without SEQ": {
			"lossless", without(simplemsgr.StatefulServer(), wire.FeatureReconnectSeq),
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, heard := startOurs(t, test.ours, nil)
			addr := server.Addr().String()
			out, _ := runClient(t, true, addr, "--policy", test.theirs, "--count", "20")
			heardThere, _ := heard.seen()
			if lines := strings.Count(out, "\n"); lines != 20 || heardThere != 20 {
				t.Errorf("%d answers to %d messages:\n%s", lines, heardThere, out)
			}
			out, _ = runClient(t, true, addr, "--policy", test.theirs, "--echo", "hallo")
			if !strings.Contains(out, "hallo") {
				t.Errorf("no echo: %s", out)
			}
		})
	}
}

// cuts break handshakes, and messages in their middle, of each direction. A handshake has 178 bytes
// of the client and 307 of the server, and 8 more each after SEQ; a ping has 75.
var cuts = []cut{
	{up: 178 + 75*3 + 30}, {down: 307 + 200}, {up: 186 + 75*5 + 70}, {down: 300}, {down: 310},
	{up: 100}, {down: 315 + 75 + 9 + 20},
}

func TestClientLosesNothingWhileSocketsBreak(t *testing.T) {
	for name, policy := range map[string]simplemsgr.Policy{
		"SEQ":   simplemsgr.StatefulServer(),
		"READY": without(simplemsgr.StatefulServer(), wire.FeatureReconnectSeq),
	} {
		t.Run(name, func(t *testing.T) {
			through := forward(t, cuts...)
			server, heard := startOurs(t, policy, through)
			out, faults := runClient(t, true, server.Addr().String(), "--policy", "lossless",
				"--count", "100", "--interval", "0.002", "--echo", "x")
			heardThere, resets := heard.seen()
			if lines := strings.Count(out, "\n"); lines != 100 || heardThere != 100 {
				t.Errorf("%d answers to %d messages, of 100", lines, heardThere)
			}
			if broken := int(through.broken.Load()); broken != len(cuts) || resets > 0 {
				t.Errorf("%d sockets broke, and %d resets; the client says\n%s",
					broken, resets, faults)
			}
		})
	}
}

func TestOurClientWithServer(t *testing.T) {
	for name, test := range map[string]struct {
		theirs string
		ours   simplemsgr.Policy
		cuts   []cut
	}{
		"lossy":       {"lossy", simplemsgr.LossyClient(), nil},
		"lossless":    {"lossless", simplemsgr.LosslessClient(), cuts},
		"equal":       {"lossless", simplemsgr.LosslessPeerReuse(), cuts},
		"old footers": {"lossy", without(simplemsgr.LossyClient(), wire.FeatureMsgAuth), nil},
		"without SEQ": {"lossless",
			without(simplemsgr.LosslessClient(), wire.FeatureReconnectSeq), cuts},
	} {
		t.Run(name, func(t *testing.T) {
			addr := startServer(t, "--policy", test.theirs)
			through := forward(t, test.cuts...)
			through.to.Store(addr.AddrPort().String())
			var dialer net.Dialer
			client := simplemsgr.New(wire.Client(1), simplemsgr.Config{
				Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return dialer.DialContext(ctx, network, through.Addr().String())
				},
			})
			t.Cleanup(client.Close)
			client.SetPolicy(wire.EntityOSD, test.ours)
			converse(t, client, addr)
			if broken := int(through.broken.Load()); broken != len(test.cuts) {
				t.Errorf("%d sockets broke of %d", broken, len(test.cuts))
			}
		})
	}
}

// converse sends numbers to a server, a few at a time, and checks that each comes back once.
func converse(t *testing.T, client *simplemsgr.Messenger, addr wire.EntityAddr) {
	t.Helper()
	const all, window = 100, 4
	answers := make(chan string, all)
	heard := &recorder{answer: func(m *simplemsgr.Message) { answers <- string(m.Front) }}
	client.AddDispatcher(heard)
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	connection, err := client.Connect(wire.EntityInst{Name: wire.OSD(0), Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.After(patience)
	for n := range all + window {
		if n < all {
			front := []byte(strconv.Itoa(n))
			err := connection.Send(&simplemsgr.Message{Type: typeEcho, Front: front, Data: front})
			if err != nil {
				t.Fatal(err)
			}
		}
		if n < window {
			continue
		}
		select {
		case answer := <-answers:
			if answer != strconv.Itoa(n-window) {
				t.Fatalf("%s comes instead of %d", answer, n-window)
			}
		case <-deadline:
			t.Fatalf("no answer to %d: %v", n-window, connection.LastError())
		}
	}
	if messages, resets := heard.seen(); messages != all || resets > 0 {
		t.Errorf("%d messages came of %d, and %d resets", messages, all, resets)
	}
}

func TestClientWithServer(t *testing.T) {
	for _, policy := range []string{"lossy", "lossless"} {
		addr := startServer(t, "--policy", policy, "--name", "mon.3")
		out, _ := runClient(t, true, addr.String(), "--policy", policy, "--peer", "mon.3",
			"--count", "50")
		if lines := strings.Count(out, "\n"); lines != 50 {
			t.Errorf("%s: %d answers of 50", policy, lines)
		}
	}
}

func TestClientTellsWhyThereIsNoSession(t *testing.T) {
	server, _ := startOurs(t, simplemsgr.StatelessServer(), nil)
	requiring := simplemsgr.StatelessServer()
	requiring.FeaturesRequired = wire.FeatureMsgAddr2
	demanding, _ := startOurs(t, requiring, nil)
	addr := server.Addr()
	stranger := addr
	stranger.Nonce++
	for name, test := range map[string]struct {
		arguments []string
		complaint string
	}{
		"protocol version": {[]string{addr.String(), "--peer", "mon.0"}, "BADPROTOVER"},
		"features":         {[]string{demanding.Addr().String()}, "FEATURES"},
		"nonce":            {[]string{stranger.String()}, "here is " + addr.String()},
	} {
		t.Run(name, func(t *testing.T) {
			_, complaints := runClient(t, false, append(test.arguments, "--timeout", "0.5")...)
			if !strings.Contains(complaints, test.complaint) {
				t.Errorf("no %q in: %s", test.complaint, complaints)
			}
		})
	}
}
