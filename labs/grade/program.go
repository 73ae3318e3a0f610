package grade

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// What a program may take. Whoever exceeds one is stopped.
const (
	// AnswerTime is how long one answer may take. It is generous: no answer needs a millisecond.
	AnswerTime = 10 * time.Second
	// MaxAnswer bounds the bytes of an answer, MaxOutput what the program prints in all.
	MaxAnswer = 4 << 20
	MaxOutput = 1 << 20
	// MaxMemory bounds the memory of the program that is in use, in bytes.
	MaxMemory = 512 << 20
	// BuildTime is how long the compiler may take.
	BuildTime = 3 * time.Minute
)

// Build compiles the student's files in dir, with the files of the grader in place of theirs of the
// same names, and returns the path of the program. Remove ends it all. The error is a *Trouble if
// the compiler says something.
func Build(ctx context.Context, dir string, grader map[string][]byte) (path string, remove func(),
	err error) {
	tree, err := os.MkdirTemp("", "lab")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(tree) }
	if err := copyGo(dir, tree); err != nil {
		return "", remove, err
	}
	for name, b := range grader {
		if err := os.WriteFile(filepath.Join(tree, name), b, 0o666); err != nil {
			return "", remove, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, BuildTime)
	defer cancel()
	path = filepath.Join(tree, "student.program")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, ".")
	cmd.Dir = tree
	// The student's module needs nothing but Go: no network, no workspace, no flags of the user's.
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off",
		"CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		text := strings.ReplaceAll(string(out), tree+string(filepath.Separator), "")
		return "", remove, &Trouble{"build", "it does not build:\n" + strings.TrimSpace(text)}
	}
	return path, remove, nil
}

// copyGo copies the files of a module that belong to a program: Go, and go.mod.
func copyGo(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && strings.ContainsAny(d.Name()[:1], "._") {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o777)
		}
		if !d.Type().IsRegular() || filepath.Ext(name) != ".go" && name != "go.mod" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), b, 0o666)
	})
}

// Program is a student's program that runs. It is a Subject.
type Program struct {
	cmd      *exec.Cmd
	stdin    *os.File
	answers  chan answer
	output   *limited
	exited   chan struct{}
	asked    int
	broken   *Trouble
	memory   chan struct{} // closed when it has taken too much
	stopOnce sync.Once
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
	Panic  string          `json:"panic"`
}

// Start runs a program that Build has made.
func Start(path string) (*Program, error) {
	questionsOut, questionsIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answersOut, answersIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &Program{stdin: questionsIn, answers: make(chan answer), exited: make(chan struct{}),
		output: &limited{}, memory: make(chan struct{})}
	p.cmd = exec.Command(path)
	p.cmd.Dir = filepath.Dir(path)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = questionsOut, p.output, p.output
	p.cmd.ExtraFiles = []*os.File{answersIn}
	p.cmd.WaitDelay = time.Second
	p.cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	ownGroup(p.cmd)
	p.output.full = p.stop
	err = p.cmd.Start()
	questionsOut.Close()
	answersIn.Close()
	if err != nil {
		questionsIn.Close()
		answersOut.Close()
		return nil, err
	}
	go p.read(answersOut)
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // that it has ended is what counts
	}()
	go p.watchMemory()
	return p, nil
}

// read hands on answers until the program ends.
func (p *Program) read(answers *os.File) {
	defer close(p.answers)
	defer answers.Close()
	lines := bufio.NewScanner(answers)
	lines.Buffer(nil, MaxAnswer)
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
		p.broken = trouble
		p.stop()
		return nil, trouble
	}
	return result, nil
}

func (p *Program) ask(question []byte) (json.RawMessage, *Trouble) {
	deadline := time.NewTimer(AnswerTime)
	defer deadline.Stop()
	_ = p.stdin.SetWriteDeadline(time.Now().Add(AnswerTime))
	_, _ = p.stdin.Write(question) // if nobody reads it, no answer comes either
	select {
	case a, open := <-p.answers:
		switch {
		case !open:
			return nil, p.ended()
		case a.Panic != "":
			return nil, &Trouble{"panic", "it panics: " + a.Panic}
		case a.Error != "":
			return nil, &Trouble{"error", "it says: " + a.Error}
		case a.ID != p.asked:
			return nil, &Trouble{"nonsense", "what it answers is no answer to what was asked"}
		}
		return a.Result, nil
	case <-deadline.C:
		return nil, &Trouble{"hang", fmt.Sprintf("it has not answered within %v: a loop without "+
			"end, or it waits for something", AnswerTime)}
	}
}

// ended says how a program has ended that should not have.
func (p *Program) ended() *Trouble {
	<-p.exited
	select {
	case <-p.memory:
		return &Trouble{"memory", fmt.Sprintf("it was stopped: it has taken more than %d MiB of "+
			"memory", MaxMemory>>20)}
	default:
	}
	if p.output.tooMuch() {
		return &Trouble{"output", fmt.Sprintf("it was stopped: it has printed more than %d KiB",
			MaxOutput>>10)}
	}
	return &Trouble{"exit", fmt.Sprintf("it has ended (%v); the last that it printed: %s",
		p.cmd.ProcessState, p.output.end())}
}

// stop ends the program and all that it has started.
func (p *Program) stop() { p.stopOnce.Do(func() { killGroup(p.cmd) }) }

// Close implements Subject.
func (p *Program) Close() error {
	p.stop()
	<-p.exited
	for range p.answers { // until its reader has ended
	}
	return p.stdin.Close()
}

// watchMemory stops a program that takes too much.
func (p *Program) watchMemory() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.exited:
			return
		case <-tick.C:
			if used(p.cmd.Process.Pid) > MaxMemory {
				close(p.memory)
				p.stop()
				return
			}
		}
	}
}
