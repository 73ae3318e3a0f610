package grade

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"
)

// Program is a student's program that runs. It is a Subject.
type Program struct {
	limits  Limits
	cmd     *exec.Cmd
	stdin   *os.File
	answers chan answer
	output  *limited
	exited  chan struct{}
	asked   int
	broken  *Trouble
	greedy  chan struct{} // closed when it has taken too much memory
	long    atomic.Bool   // an answer was too long
	watcher sync.WaitGroup
	mu      sync.Mutex
	over    bool // it has ended by itself, or was stopped
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
	Panic  string          `json:"panic"`
}

// Start runs a program that Build has made. Close ends it.
func Start(path string, limits Limits) (*Program, error) {
	if runtime.GOOS == "windows" {
		return nil, errors.New("labs are graded on Linux and macOS, on Windows in WSL")
	}
	questionsOut, questionsIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answersOut, answersIn, err := os.Pipe()
	if err != nil {
		questionsOut.Close()
		questionsIn.Close()
		return nil, err
	}
	limits = limits.orDefault()
	p := &Program{limits: limits, stdin: questionsIn, answers: make(chan answer),
		exited: make(chan struct{}), greedy: make(chan struct{})}
	p.output = &limited{most: limits.MaxOutput, full: func() { p.stop() }}
	p.cmd = exec.Command(path)
	p.cmd.Dir = filepath.Dir(path)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = questionsOut, p.output, p.output
	p.cmd.ExtraFiles = []*os.File{answersIn}
	p.cmd.WaitDelay = time.Second // for a child that lives on and holds what it prints to
	// What stands in the environment of who grades is none of a student's business.
	p.cmd.Env = []string{"GOMAXPROCS=2", "GOTRACEBACK=single"}
	ownGroup(p.cmd)
	err = p.cmd.Start()
	questionsOut.Close()
	answersIn.Close()
	if err != nil {
		questionsIn.Close()
		answersOut.Close()
		return nil, err
	}
	go p.read(answersOut)
	go p.wait(answersOut)
	p.watcher.Go(p.watchMemory)
	return p, nil
}

// wait ends what the program leaves behind when it ends, and the reading of its answers, whoever
// still holds the other end.
func (p *Program) wait(answers *os.File) {
	defer close(p.exited)
	await(p.cmd, func() { p.stop() })
	_ = answers.SetReadDeadline(time.Now())
}

// read hands on answers until the program ends.
func (p *Program) read(answers *os.File) {
	defer close(p.answers)
	defer answers.Close()
	lines := bufio.NewScanner(answers)
	lines.Buffer(nil, p.limits.MaxAnswer)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			a = answer{ID: -1}
		}
		select {
		case p.answers <- a:
		case <-p.exited:
			return
		}
	}
	p.long.Store(lines.Err() == bufio.ErrTooLong)
}

// Path is that of the program, for steps that start it once more by themselves.
func (p *Program) Path() string { return p.cmd.Path }

// Ask implements Subject.
func (p *Program) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	if p.broken != nil {
		return nil, p.broken
	}
	p.asked++
	question, err := json.Marshal(map[string]any{"id": p.asked, "op": op, "args": args})
	if err != nil {
		return nil, err
	}
	result, trouble := p.ask(append(question, '\n'))
	if trouble != nil {
		trouble.Text = cutText(trouble.Text)
		p.broken = trouble
		p.stop()
		return nil, trouble
	}
	return result, nil
}

func (p *Program) ask(question []byte) (json.RawMessage, *Trouble) {
	deadline := time.NewTimer(p.limits.AnswerTime)
	defer deadline.Stop()
	_ = p.stdin.SetWriteDeadline(time.Now().Add(p.limits.AnswerTime))
	_, _ = p.stdin.Write(question) // if nobody reads it, no answer comes either
	select {
	case a, open := <-p.answers:
		switch {
		case !open:
			return nil, p.ended()
		case a.ID != p.asked:
			return nil, &Trouble{"nonsense", "what it answers is no answer to what was asked"}
		case a.Panic != "":
			return nil, &Trouble{"panic", "it panics: " + a.Panic}
		case a.Error != "":
			return nil, &Trouble{"error", "it says: " + a.Error}
		}
		return a.Result, nil
	case <-deadline.C:
		return nil, &Trouble{"hang", fmt.Sprintf("it has not answered within %v: a loop without "+
			"end, or it waits for something", p.limits.AnswerTime)}
	}
}

// ended says why no further answer comes. The end of the answers is that of the program, which has
// decided by then how it ends, or the program has closed its end of them, and is stopped here.
func (p *Program) ended() *Trouble {
	if p.long.Load() {
		return &Trouble{"nonsense", fmt.Sprintf("its answer is longer than %d KiB",
			p.limits.MaxAnswer>>10)}
	}
	stoppedHere := p.stop()
	<-p.exited
	p.watcher.Wait()
	select {
	case <-p.greedy:
		return &Trouble{"memory", fmt.Sprintf("it was stopped: it has taken more than %d MiB of "+
			"memory", p.limits.MaxMemory>>20)}
	default:
	}
	if p.output.tooMuch() {
		return &Trouble{"output", fmt.Sprintf("it was stopped: it has printed more than %d KiB",
			p.limits.MaxOutput>>10)}
	}
	if stoppedHere && p.cmd.ProcessState.ExitCode() < 0 {
		return &Trouble{"nonsense", "it has closed descriptor 3, to which answers go, or " +
			"something has killed it"}
	}
	text := fmt.Sprintf("it has ended (%v)", p.cmd.ProcessState)
	if said := p.output.ended(); said != "" {
		text += "; the last that it has printed:\n" + said
	}
	return &Trouble{"exit", text}
}

// stop ends the program and all that it has started, and reports whether nobody had before.
func (p *Program) stop() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false
	}
	p.over = true
	killGroup(p.cmd)
	return true
}

// Close implements Subject.
func (p *Program) Close() error {
	p.stop()
	<-p.exited
	for range p.answers { // until its reader has ended
	}
	p.watcher.Wait()
	return p.stdin.Close()
}

// watchMemory stops a program that takes too much.
func (p *Program) watchMemory() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.exited:
			return
		case <-tick.C:
			if used(p.cmd.Process.Pid) > p.limits.MaxMemory {
				close(p.greedy)
				p.stop()
				return
			}
		}
	}
}
