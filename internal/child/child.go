package child

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/pkg/errors"
)

const (
	// patience is how long output is awaited from whoever holds it when a program has ended.
	patience = time.Second
	// watchEach is how often somebody looks at the memory that a program has.
	watchEach = 20 * time.Millisecond
)

// Config says what is started, and within which bounds.
type Config struct {
	// Args are the program, which is looked for where shells look, and its arguments.
	Args []string
	// Env is the whole environment: what is not in it the program does not see.
	Env []string
	// Dir is the folder that it runs in; empty is that of this process.
	Dir string
	// Stdin is what it reads, nothing if it is nil; Extra are its descriptors from 3 on. They stay
	// the caller's, to be closed when Start has returned.
	Stdin *os.File
	Extra []*os.File
	// MaxMemory bounds the memory of the program alone that is in use, MaxOutput what it and all
	// that it has started print, both in bytes. Zero is no bound. Who exceeds one is killed.
	MaxMemory uint64
	MaxOutput int
	// First and Last are how many bytes are kept of the beginning of the output, and of its end.
	First, Last int
}

// Excess is the error of a program that was killed because it exceeded a bound.
type Excess struct {
	// Of is "memory" or "output".
	Of   string
	text string
}

// Error says it in a sentence.
func (e *Excess) Error() string { return e.text }

// Status says how a program has ended.
type Status struct {
	// Code is what it has ended with; -1 if a signal has ended it.
	Code int
	// Text is such as "exit status 2" or "signal: killed".
	Text string
}

// Child is a program that was started, with all that it has started.
type Child struct {
	config Config
	cmd    *exec.Cmd
	pid    int      // of the program, and of its group until it is given back
	output *os.File // what the program prints comes out here

	drained chan struct{} // closed when nobody can print any more
	ended   chan struct{} // closed when the program itself has ended
	killed  chan struct{} // closed when all were killed
	over    chan struct{} // closed when the id was given back, and nothing runs here any more
	forget  func() bool   // stops looking at the context
	helpers sync.WaitGroup

	mu      sync.Mutex // guards all below, and the kill
	kept    kept
	status  *Status // nil while the program runs
	greedy  bool    // killed for its memory
	hadKill bool
}

// Start runs a program until it is stopped, or ctx ends, or it exceeds a bound. Stop must be
// called, whichever comes first.
func Start(ctx context.Context, config Config) (*Child, error) {
	if err := ctx.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	if len(config.Args) == 0 {
		return nil, errors.New("there is no program to start")
	}
	output, printed, err := os.Pipe()
	if err != nil {
		return nil, errors.WithStack(err)
	}
	c := &Child{config: config, output: output, drained: make(chan struct{}),
		ended: make(chan struct{}), killed: make(chan struct{}), over: make(chan struct{}),
		kept: kept{mostFirst: config.First, mostLast: config.Last}}
	c.cmd = exec.Command(config.Args[0], config.Args[1:]...)
	c.cmd.Dir, c.cmd.Env = config.Dir, append([]string{}, config.Env...) // nil would be ours
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.ExtraFiles = printed, printed, config.Extra
	if config.Stdin != nil {
		c.cmd.Stdin = config.Stdin
	}
	ownGroup(c.cmd)
	err = c.cmd.Start()
	printed.Close()
	if err != nil {
		output.Close()
		return nil, errors.WithStack(err)
	}
	c.pid = c.cmd.Process.Pid
	c.forget = context.AfterFunc(ctx, func() { c.kill() })
	c.helpers.Go(c.read)
	if config.MaxMemory > 0 {
		c.helpers.Go(c.watchMemory)
	}
	go c.wait()
	return c, nil
}

// Ended is closed when the program has ended by itself or was killed, and what it has printed is
// there. What it has started may go on until Stop.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Status says how the program has ended, which must have been.
func (c *Child) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *c.status
}

// Output returns what is kept of all that was printed.
func (c *Child) Output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.String()
}

// Exceeded returns the bound for which the program was killed, nil if it was for none. What it says
// when Stop has returned is the last word.
func (c *Child) Exceeded() *Excess {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.greedy:
		return &Excess{"memory", fmt.Sprintf("it was stopped: it has taken more than %d MiB of "+
			"memory", c.config.MaxMemory>>20)}
	case c.printsTooMuchLocked():
		return &Excess{"output", fmt.Sprintf("it was stopped: it has printed more than %d KiB",
			c.config.MaxOutput>>10)}
	}
	return nil
}

// Stop kills the program and all that it has started, and returns when they have ended. It reports
// whether the program ran until then. It may be called often, by many.
func (c *Child) Stop() bool {
	ran := c.kill()
	<-c.over
	return ran
}

// kill kills all, once, and reports whether the program ran until then.
func (c *Child) kill() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.killLocked()
}

func (c *Child) killLocked() bool {
	if c.hadKill {
		return false
	}
	c.hadKill = true
	c.killGroupLocked()
	close(c.killed)
	return c.status == nil
}

// wait looks at the end of the program, and gives its id back when all were killed.
func (c *Child) wait() {
	defer close(c.over)
	status := c.lookAtEnd()
	c.mu.Lock()
	c.status = &status
	c.mu.Unlock()
	c.awaitOutput()
	close(c.ended)
	<-c.killed
	c.forget()
	c.reap()
	c.awaitOutput()
	c.output.Close() // whoever has left the group may hold it on
	c.helpers.Wait()
}

// reap gives the id back, and says how the program has ended.
func (c *Child) reap() Status {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Wait() // it says what the state says
	}
	return Status{c.cmd.ProcessState.ExitCode(), c.cmd.ProcessState.String()}
}

// awaitOutput waits for what was printed to come out, unless somebody else may still print.
func (c *Child) awaitOutput() {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.drained:
	case <-timer.C:
	}
}

// watchMemory kills a program that takes too much.
func (c *Child) watchMemory() {
	tick := time.NewTicker(watchEach)
	defer tick.Stop()
	for {
		select {
		case <-c.ended:
			return
		case <-tick.C:
			c.lookAtMemory()
		}
	}
}

// lookAtMemory does it under the lock: until the kill the id is the program's, later anybody's.
func (c *Child) lookAtMemory() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status == nil && !c.hadKill && memoryOf(c.pid) > c.config.MaxMemory {
		c.greedy = true
		c.killLocked()
	}
}
