package conformance

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// maxOutput is how much of a program's output is kept: the end of it.
const maxOutput = 64 << 10

// Program returns a target that is a program, which the kit starts. In its arguments these are
// replaced:
//
//	{listen}  HOST:PORT where the program is to listen (server, peer)
//	{addr}    HOST:PORT of the kit, which the program is to call (client, peer)
//	{host}    the first part of {addr}
//	{port}    its second part
//	{kit}     the kit's whole address, HOST:PORT/NONCE
//
// A server is started once, and again when it has ended; clients and peers for each case. They are
// killed, with all that they have started, when the case is over; a server when Close of the
// returned program is called. Only the end of what they print is kept, and it costs the kit no
// more.
func Program(role Role, args ...string) *ProgramTarget {
	p := &ProgramTarget{role: role, args: args}
	p.Target = Target{Name: strings.Join(args, " "), Start: p.start}
	p.HostPortOnly = !strings.Contains(p.Name, "{kit}")
	return p
}

// ProgramTarget is a target that the kit starts.
type ProgramTarget struct {
	Target
	role Role
	args []string

	mu     sync.Mutex
	server *process // in the role of a server
}

// Close ends the server, if there is one.
func (p *ProgramTarget) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		p.server.stop()
		p.server = nil
	}
}

func (p *ProgramTarget) start(ctx context.Context, kit wire.EntityAddr) (*Instance, error) {
	if p.role == RoleServer {
		return p.shared(ctx)
	}
	r, err := p.run(ctx, kit)
	if err != nil {
		return nil, err
	}
	instance := &Instance{Stop: r.stop, Ended: r.exited, Crashed: r.crashed}
	if p.role == RolePeer {
		instance.Dial = r.dial
	}
	return instance, nil
}

// shared returns the one server, started anew if it has ended.
func (p *ProgramTarget) shared(ctx context.Context) (*Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		select {
		case <-p.server.exited:
			p.server.stop()
			p.server = nil
		default:
		}
	}
	if p.server == nil {
		r, err := p.run(ctx, wire.EntityAddr{})
		if err != nil {
			return nil, err
		}
		p.server = r
		conn, err := r.dial(ctx)
		if err != nil {
			return nil, err
		}
		conn.Close()
	}
	return &Instance{Dial: p.server.dial, Stop: p.server.output.String,
		Crashed: p.server.crashed}, nil
}

// process is a program that runs.
type process struct {
	cmd    *exec.Cmd
	listen string
	output *tail
	exited chan struct{}
}

// run starts the program.
func (p *ProgramTarget) run(_ context.Context, kit wire.EntityAddr) (*process, error) {
	r := &process{output: new(tail), exited: make(chan struct{})}
	if p.role != RoleClient {
		listen, err := programPorts.free()
		if err != nil {
			return nil, err
		}
		r.listen = listen
	}
	replace := strings.NewReplacer("{listen}", r.listen, "{addr}", kit.AddrPort().String(),
		"{host}", kit.IP.String(), "{port}", strconv.Itoa(int(kit.Port)),
		"{kit}", kit.AddrPort().String()+"/"+strconv.FormatUint(uint64(kit.Nonce), 10))
	args := make([]string, len(p.args))
	for i, arg := range p.args {
		args[i] = replace.Replace(arg)
	}
	r.cmd = exec.Command(args[0], args[1:]...)
	r.cmd.Stdout, r.cmd.Stderr = r.output, r.output
	r.cmd.WaitDelay = time.Second
	r.cmd.Env = os.Environ()
	ownGroup(r.cmd)
	if err := r.cmd.Start(); err != nil {
		return nil, errors.Wrap(err, "the target cannot be started")
	}
	go func() {
		defer close(r.exited)
		_ = r.cmd.Wait() // how it has ended is in its output
	}()
	return r, nil
}

// dial connects to the program, as soon as it listens.
func (r *process) dial(ctx context.Context) (net.Conn, error) {
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.listen)
		if err == nil {
			return conn, nil
		}
		select {
		case <-r.exited:
			return nil, errors.Errorf("the target has ended: %s", r.output.last())
		default:
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			return nil, err
		}
	}
}

// crashed says how the program has ended, if it was not by itself and in order.
func (r *process) crashed() string {
	select {
	case <-r.exited:
	default:
		return ""
	}
	if state := r.cmd.ProcessState; !state.Exited() || state.ExitCode() > 1 {
		return state.String() + ": " + r.output.last()
	}
	return ""
}

// stop kills the program, and returns the end of its output.
func (r *process) stop() string {
	killGroup(r.cmd)
	<-r.exited
	return r.output.String()
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b[max(0, len(b)-maxOutput):]...)
	if len(t.b) > 2*maxOutput {
		t.b = append([]byte(nil), t.b[len(t.b)-maxOutput:]...)
	}
	return len(b), nil
}

// String returns the end of what was written.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b[max(0, len(t.b)-maxOutput):])
}

// last returns the last line.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(t.String()), "\n")
	return lines[len(lines)-1]
}
