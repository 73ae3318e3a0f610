package view

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/command/view/recording"
)

// served is a page that is shown until the test ends.
type served struct {
	t   *testing.T
	url string
}

func serve(t *testing.T, o Options) served {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	o.Ready = func(url string) { ready <- url }
	go func() { ended <- Serve(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return served{t, <-ready}
}

// ask asks for a path below the token.
func (s served) ask(method, path, body string, header ...string) (status int, text string) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// origin is the page's own.
func (s served) origin() string { return s.url[:strings.LastIndex(s.url[:len(s.url)-1], "/")] }

func TestWhoMayAsk(t *testing.T) {
	s := serve(t, Options{})
	own := s.origin()
	host := strings.TrimPrefix(own, "http://")
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		t.Fatal(err)
	}
	ours := []string{"Origin", own, "Content-Type", "application/json"}
	const cut, send = `{"run":"live-1","do":"cut"}`,
		`{"run":"live-1","do":"send","lane":"osd.0","to":"osd.1","count":1}`
	for _, tc := range []struct {
		method, path, body string
		header             []string
		status             int
	}{
		{"GET", "", "", nil, 200},
		{"GET", "runs", "", nil, 200},
		{"GET", "steps?run=live-1&from=0", "", nil, 200},
		{"GET", "source/decide.go", "", nil, 200},
		{"GET", "source/..%2f..%2fpage.html", "", nil, 404},
		{"GET", "source/page.html", "", nil, 404},
		{"GET", "elsewhere", "", nil, 404},
		{"GET", "steps?run=live-9&from=0", "", nil, 404},
		{"GET", "steps?run=live-1&from=-1", "", nil, 400},
		{"GET", "events?run=live-1&from=x", "", nil, 400},
		// Names.
		{"GET", "", "", []string{"Host", "localhost:" + port}, 200},
		{"GET", "", "", []string{"Host", "[::1]:" + port}, 200},
		{"GET", "", "", []string{"Host", "evil.example:" + port}, 421},
		{"GET", "", "", []string{"Host", "10.0.0.1:" + port}, 421},
		{"GET", "", "", []string{"Host", "127.0.0.1"}, 421},
		{"GET", "", "", []string{"Host", "127.0.0.1:1"}, 421},
		// Tokens.
		{"GET", "../", "", nil, 403},
		{"GET", "../ABCDEFGHIJKLMNOPQRSTUVWXYZ/runs", "", nil, 403},
		{"POST", "../ABCDEFGHIJKLMNOPQRSTUVWXYZ/command", cut, ours, 403},
		// Other pages.
		{"GET", "runs", "", []string{"Origin", "http://evil.example"}, 403},
		{"GET", "runs", "", []string{"Origin", "null"}, 403},
		{"GET", "runs", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "runs", "", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"GET", "runs", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"},
			403},
		{"GET", "", "", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"}, 200},
		{"GET", "runs", "", []string{"Sec-Fetch-Site", "same-origin", "Origin", own}, 200},
		{"POST", "command", cut, nil, 403},
		{"POST", "command", cut, []string{"Origin", "http://evil.example"}, 403},
		{"PUT", "command", cut, ours, 403},
		// Requests that make no sense.
		{"POST", "command", cut, []string{"Origin", own}, 415},
		{"POST", "command", cut, []string{"Origin", own, "Content-Type", "text/plain"}, 415},
		{"POST", "command", "{", ours, 400},
		{"POST", "command", cut + cut, ours, 400},
		{"POST", "command", `{"run":"live-1","do":"cut","file":"/etc/passwd"}`, ours, 400},
		{"POST", "command", `{"do":"` + strings.Repeat("x", 5000) + `"}`, ours, 400},
		{"POST", "command", `{"run":"live-1","do":"fly"}`, ours, 409},
		{"POST", "command", `{"run":"live-2","do":"cut"}`, ours, 409},
		{"POST", "start", `{"engines":["simple"]}`, ours, 400},
		{"POST", "start", `{"engines":["simple","async,workers=64"]}`, ours, 400},
		{"POST", "start", `{"engines":["a","a","a","a"]}`, ours, 400},
		{"POST", "runs", "{}", ours, 405},
		{"POST", "command", send, ours, 204},
		{"POST", "start", `{"engines":["async","simple"]}`, ours, 200},
		{"POST", "command", send, ours, 409}, // that run is over
	} {
		if status, text := s.ask(tc.method, tc.path, tc.body, tc.header...); status != tc.status {
			t.Errorf("%s %s %q %q: %d, want %d\n%.300s", tc.method, tc.path, tc.body, tc.header,
				status, tc.status, text)
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "[::]:0", "nowhere.invalid:0", "127.0.0.1"} {
		if err := Serve(context.Background(), Options{Addr: addr}); err == nil {
			t.Errorf("%s is let through", addr)
		}
	}
	s := serve(t, Options{Addr: "0.0.0.0:0", Anywhere: true})
	if !strings.HasPrefix(s.url, "http://localhost:") {
		t.Error(s.url)
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.origin(), "http://"))
	for host, want := range map[string]int{"192.0.2.1:": 200, "evil.example:": 421} {
		if status, _ := s.ask("GET", "runs", "", "Host", host+port); status != want {
			t.Errorf("%s%s: %d, want %d", host, port, status, want)
		}
	}
}

// What is recorded is what was shown, also when the file is opened again.
func TestRecordAndReplay(t *testing.T) {
	var file bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- Serve(ctx, Options{Record: &file, Ready: func(url string) { ready <- url }})
	}()
	s := served{t, <-ready}
	defer http.DefaultClient.CloseIdleConnections()
	stream, err := http.Get(s.url + "events?run=live-1&from=0")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	var shown []recording.Step
	lines := bufio.NewReader(stream.Body)
	for over, begun := false, false; !over; {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%v after %d steps", err, len(shown))
		}
		data, is := strings.CutPrefix(line, "data: ")
		if !is {
			continue
		}
		var told told
		if err := json.Unmarshal([]byte(data), &told); err != nil {
			t.Fatal(err)
		}
		if told.From != len(shown) {
			t.Fatalf("steps from %d on, want %d", told.From, len(shown))
		}
		before := len(shown)
		shown = append(shown, told.Steps...)
		for _, step := range shown[before:] {
			if step.Frame == nil || step.Frame.Name != "ACK" || begun {
				continue
			}
			begun = true // another run, which ends this one
			if status, text := s.ask("POST", "start", `{"engines":["simple","async"]}`, "Origin",
				s.origin(), "Content-Type", "application/json"); status != 200 {
				t.Fatal(status, text)
			}
		}
		over = !told.Run.Live
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	runs, err := recording.Read("x", file.Bytes())
	if err != nil || len(runs) != 2 || runs[0].ID != "live-1" || runs[1].ID != "live-2" {
		t.Fatalf("%v: %d runs", err, len(runs))
	}
	if diff := cmp.Diff(shown, runs[0].Steps); diff != "" {
		t.Errorf("-shown +recorded:\n%s", diff)
	}
	again := serve(t, Options{Runs: runs})
	_, text := again.ask("GET", "steps?run=live-1&from=0", "")
	var replayed told
	if err := json.Unmarshal([]byte(text), &replayed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shown, replayed.Steps); diff != "" || replayed.Run.Live {
		t.Errorf("-shown +replayed:\n%s", diff)
	}
	if status, _ := again.ask("POST", "command", `{"run":"live-1","do":"cut"}`, "Origin",
		again.origin(), "Content-Type", "application/json"); status != 409 {
		t.Errorf("a command to a recording: %d", status)
	}
}
