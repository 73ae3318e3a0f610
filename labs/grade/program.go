package grade

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/child"
)

// Program is a student's program that runs. It is a Subject.
type Program struct {
	limits  Limits
	path    string
	child   *child.Child
	stdin   *os.File
	answers chan answer
	asked   int
	broken  *Trouble
	long    atomic.Bool // an answer was too long
	helpers sync.WaitGroup
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
	Panic  string          `json:"panic"`
}

// Start runs a program that Build has made, until ctx ends. Close ends it, and must be called.
func Start(ctx context.Context, path string, limits Limits) (*Program, error) {
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
	p := &Program{limits: limits.orDefault(), path: path, stdin: questionsIn,
		answers: make(chan answer)}
	config := p.Again()
	config.Stdin, config.Extra = questionsOut, []*os.File{answersIn}
	p.child, err = child.Start(ctx, config)
	questionsOut.Close()
	answersIn.Close()
	if err != nil {
		questionsIn.Close()
		answersOut.Close()
		return nil, err
	}
	p.helpers.Go(func() { p.read(answersOut) })
	p.helpers.Go(func() { // whoever still holds the other end
		<-p.child.Ended()
		_ = answersOut.SetReadDeadline(time.Now())
	})
	return p, nil
}

// Again is how the program is started, for steps that start it once more by themselves, with
// arguments: within the same bounds, and without the grader's environment, which is none of a
// student's business.
func (p *Program) Again(args ...string) child.Config {
	return child.Config{Args: append([]string{p.path}, args...), Dir: filepath.Dir(p.path),
		Env:       []string{"GOMAXPROCS=2", "GOTRACEBACK=single"},
		MaxMemory: p.limits.MaxMemory, MaxOutput: p.limits.MaxOutput, First: maxText, Last: maxText}
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
		case <-p.child.Ended():
			return
		}
	}
	p.long.Store(lines.Err() == bufio.ErrTooLong)
}

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
		p.child.Stop()
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
	stoppedHere := p.child.Stop()
	if excess := p.child.Exceeded(); excess != nil {
		return &Trouble{excess.Of, excess.Error()}
	}
	status := p.child.Status()
	if stoppedHere && status.Code < 0 {
		return &Trouble{"nonsense", "it has closed descriptor 3, to which answers go, or " +
			"something has killed it"}
	}
	text := fmt.Sprintf("it has ended (%s)", status.Text)
	if said := lastWords(p.child.Output()); said != "" {
		text += "; the last that it has printed:\n" + said
	}
	return &Trouble{"exit", text}
}

// Close implements Subject.
func (p *Program) Close() error {
	p.child.Stop()
	for range p.answers { // until its reader has ended
	}
	p.helpers.Wait()
	return p.stdin.Close()
}
