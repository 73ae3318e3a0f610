package conformance

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/child"
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

// ProgramTarget is a target that the kit starts. Its fields are to be set before the first case.
type ProgramTarget struct {
	Target
	// Env is the whole environment of the program; nil is that of the kit.
	Env []string
	// Dir is the folder that it runs in; empty is that of the kit.
	Dir string
	// MaxMemory bounds the memory of the program, on Linux, MaxOutput what it prints, both in
	// bytes; zero is no bound. One that exceeds a bound is killed, and has crashed.
	MaxMemory uint64
	MaxOutput int

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
	instance := &Instance{Stop: r.stop, Ended: r.Ended(), Crashed: r.crashed}
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
		case <-p.server.Ended():
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
	return &Instance{Dial: p.server.dial, Stop: p.server.Output,
		Crashed: p.server.crashed}, nil
}

// process is a program that runs.
type process struct {
	*child.Child
	listen string
}

// run starts the program. It ends by stop, even if nobody waits for the case any more: what it has
// printed is a part of the story.
func (p *ProgramTarget) run(ctx context.Context, kit wire.EntityAddr) (*process, error) {
	r := new(process)
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
	env := p.Env
	if env == nil {
		env = os.Environ()
	}
	var err error
	r.Child, err = child.Start(context.WithoutCancel(ctx), child.Config{Args: args, Env: env,
		Dir: p.Dir, MaxMemory: p.MaxMemory, MaxOutput: p.MaxOutput, Last: maxOutput})
	return r, errors.WithMessage(err, "the target cannot be started")
}

// dial connects to the program, as soon as it listens.
func (r *process) dial(ctx context.Context) (net.Conn, error) {
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.listen)
		if err == nil {
			return conn, nil
		}
		select {
		case <-r.Ended():
			return nil, errors.Errorf("the target has ended: %s", r.end())
		default:
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			return nil, err
		}
	}
}

// end returns the bound that the program has exceeded, or the last line that it has printed.
func (r *process) end() string {
	if excess := r.Exceeded(); excess != nil {
		return excess.Error()
	}
	lines := strings.Split(strings.TrimSpace(r.Output()), "\n")
	return lines[len(lines)-1]
}

// crashed says how the program has ended, if it was not by itself and in order.
func (r *process) crashed() string {
	select {
	case <-r.Ended():
	default:
		return ""
	}
	if status := r.Status(); status.Code < 0 || status.Code > 1 {
		return status.Text + ": " + r.end()
	}
	return ""
}

// stop ends the program, and returns the end of its output.
func (r *process) stop() string {
	r.Stop()
	return r.Output()
}
