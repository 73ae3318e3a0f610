package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/engine"
)

// IdleOptions says how many connections are held, and how.
type IdleOptions struct {
	Engine      engine.Engine // of both ends
	Connections int
	AtOnce      int           // how many are opened at a time
	Hold        time.Duration // how long they are watched doing nothing
}

// IdleResult is what a connection costs that does nothing. The client's ends are messengers with
// one connection each, since a server has one session for each address that a peer has;
// ClientMessenger is what a messenger without a connection takes, and is not part of Client.
type IdleResult struct {
	Connections     int     `json:"connections"`
	Client          IdleEnd `json:"client"`
	Server          IdleEnd `json:"server"`
	ClientMessenger Memory  `json:"client_messenger"`
	// of one request after the other on the first connection: alone, and among all the others
	PingAlone   Latency `json:"ping_alone"`
	PingAmong   Latency `json:"ping_among"`
	OpenSeconds float64 `json:"open_seconds"` // until all had their first reply
	HoldSeconds float64 `json:"hold_seconds"`
	// share of a processor that the server takes while nothing happens
	ServerIdle float64 `json:"server_idle_cpu"`
}

// IdleEnd is the cost of one connection at one end.
type IdleEnd struct {
	Memory
	OpenCPU    float64 `json:"open_cpu_us"`   // of the handshake and one request with its reply
	IdleCPU    float64 `json:"idle_cpu_us"`   // during HoldSeconds
	Goroutines float64 `json:"goroutines"`    // that are there
	ProcessRSS uint64  `json:"process_bytes"` // resident memory of the process with all of them
}

// Memory is in bytes.
type Memory struct {
	RSS   float64 `json:"rss_bytes"`
	Heap  float64 `json:"heap_bytes"`
	Stack float64 `json:"stack_bytes"`
}

func memoryPer(before, after Usage, n int) Memory {
	per := func(a, b uint64) float64 { return (float64(b) - float64(a)) / float64(n) }
	return Memory{RSS: per(before.RSS, after.RSS), Heap: per(before.Heap, after.Heap),
		Stack: per(before.Stack, after.Stack)}
}

// RunIdle opens connections to a server in a process of its own, makes one request on each, and
// measures what they hold.
func RunIdle(ctx context.Context, i IdleOptions, self Program,
	progress Progress) (*IdleResult, error) {
	// Each end has one descriptor a connection; the rest is for the runtime and standard files.
	if err := NeedFiles(i.Connections + 64); err != nil {
		return nil, err
	}
	o := Options{Jobs: i.Connections, Concurrency: 1, Engine: i.Engine}.WithDefaults()
	server, err := startServer(ctx, self, childServer, o)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	o.Engine = o.Engine.Sharing() // each client is a messenger

	empty := localSettled()
	l := &messengerLoad{shares: []*latency{newLatency()}}
	defer l.close()
	t := newTemplate(0, 0)
	for n := range i.Connections {
		e, err := newEndpoint(n, o, nil)
		if err != nil {
			return nil, err
		}
		l.jobs = append(l.jobs, newJob(e, o, t))
	}
	clientBefore := localSettled()
	serverBefore, err := server.settled()
	if err != nil {
		return nil, err
	}
	alone, err := l.ping(ctx, server)
	if err != nil {
		return nil, err
	}
	serverBegun, err := server.Usage()
	if err != nil {
		return nil, err
	}
	cpuBefore := ProcessUsage()
	start := time.Now()
	if err := l.open(ctx, server, i.AtOnce, progress); err != nil {
		return nil, err
	}
	opened := time.Since(start)
	clientOpen := ProcessUsage()
	serverOpen, err := server.Usage()
	if err != nil {
		return nil, err
	}
	serverAfter, err := server.settled()
	if err != nil {
		return nil, err
	}
	clientAfter := localSettled()
	r := &IdleResult{Connections: i.Connections, OpenSeconds: opened.Seconds(),
		HoldSeconds: i.Hold.Seconds(), PingAlone: alone,
		ClientMessenger: memoryPer(empty, clientBefore, i.Connections)}
	r.Client = idleEnd(clientBefore, clientAfter, clientOpen.CPU-cpuBefore.CPU, i.Connections)
	r.Server = idleEnd(serverBefore, serverAfter, serverOpen.CPU-serverBegun.CPU, i.Connections)
	if err := r.hold(ctx, l, server, i); err != nil {
		return nil, err
	}
	r.PingAmong, err = l.ping(ctx, server)
	return r, err
}

// pings is how many requests a ping is the percentile of.
const pings = 2000

// ping makes one request after the other on the first connection.
func (l *messengerLoad) ping(ctx context.Context, server *Process) (Latency, error) {
	j := l.jobs[0]
	if j.endpoint.connection == nil {
		if err := j.endpoint.connect(server.Addr); err != nil {
			return Latency{}, err
		}
	}
	times := newLatency()
	j.start(pings, 0, times)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := j.wait(ctx); err != nil {
		return Latency{}, errors.WithMessage(err, "ping")
	}
	return times.summary(), nil
}

func localSettled() Usage {
	settle()
	return ProcessUsage()
}

// open connects all jobs, some at a time, and waits for the reply to one request of each.
func (l *messengerLoad) open(ctx context.Context, server *Process, atOnce int,
	progress Progress) error {
	start := time.Now()
	begun := 0
	for ended := range l.jobs {
		for ; begun < len(l.jobs) && begun < ended+atOnce; begun++ {
			j := l.jobs[begun]
			if j.endpoint.connection == nil {
				if err := j.endpoint.connect(server.Addr); err != nil {
					return err
				}
			}
			j.start(1, 0, l.shares[0])
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		err := l.jobs[ended].wait(ctx)
		cancel()
		if err != nil {
			return errors.WithMessagef(err, "connection %d of %d", ended+1, len(l.jobs))
		}
		progress.rate(connecting, int64(ended+1), time.Since(start),
			float64(ended+1)/float64(len(l.jobs)))
	}
	return nil
}

func idleEnd(before, after Usage, cpu time.Duration, n int) IdleEnd {
	return IdleEnd{Memory: memoryPer(before, after, n), OpenCPU: micros(cpu) / float64(n),
		Goroutines: float64(after.Goroutines-before.Goroutines) / float64(n), ProcessRSS: after.RSS}
}

// hold watches the connections do nothing, and checks that they are all there at the end.
func (r *IdleResult) hold(ctx context.Context, l *messengerLoad, server *Process,
	i IdleOptions) error {
	client := ProcessUsage()
	before, err := server.Usage()
	if err != nil {
		return err
	}
	hold := time.NewTimer(i.Hold)
	defer hold.Stop()
	select {
	case <-hold.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	r.Client.IdleCPU = micros(ProcessUsage().CPU-client.CPU) / float64(i.Connections)
	after, err := server.Usage()
	if err != nil {
		return err
	}
	if i.Hold > 0 {
		r.ServerIdle = float64(after.CPU-before.CPU) / float64(i.Hold)
	}
	r.Server.IdleCPU = micros(after.CPU-before.CPU) / float64(i.Connections)
	open := 0
	for _, j := range l.jobs {
		if j.endpoint.connection.IsConnected() {
			open++
		}
	}
	if open != i.Connections {
		return errors.Errorf("%d of %d connections are open at the end", open, i.Connections)
	}
	return nil
}

// WriteText writes r for a human.
func (r *IdleResult) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d idle connections, opened in %.2f s\n\n", r.Connections,
		r.OpenSeconds)
	if err != nil {
		return err
	}
	kib := func(b float64) string { return fmt.Sprintf("%.1f KiB", b/1024) }
	t := table{head: []string{"per connection", "resident", "heap", "stack", "goroutines",
		"CPU to open", fmt.Sprintf("CPU in %.0f s", r.HoldSeconds)}}
	for _, e := range []struct {
		name string
		IdleEnd
	}{{"server", r.Server}, {"client", r.Client}} {
		t.row(e.name, kib(e.RSS), kib(e.Heap), kib(e.Stack), fmt.Sprintf("%.1f", e.Goroutines),
			fmt.Sprintf("%.0f µs", e.OpenCPU), fmt.Sprintf("%.1f µs", e.IdleCPU))
	}
	m := r.ClientMessenger
	t.row("(a messenger)", kib(m.RSS), kib(m.Heap), kib(m.Stack))
	if err := t.write(w); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "  a request on one of them: p50 %.0f µs, p99 %.0f µs (alone: %.0f, %.0f); "+
		"the server idle: %.2f %% of a processor\n", r.PingAmong.P50, r.PingAmong.P99,
		r.PingAlone.P50, r.PingAlone.P99, 100*r.ServerIdle)
	return err
}
