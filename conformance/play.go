package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// play is one run of one case.
type play struct {
	target   *Target
	instance *Instance
	patience time.Duration
	// self is the peer that the kit is at the moment, and selves are those that have a name.
	self   *self
	selves map[string]*self
	random *rand.Rand
	// lossy is what we answer as a server: the policy of the case.
	lossy  bool
	record recording

	// replayed is the authorizer of the last connect message on a socket before this one.
	replayed, lastAuthorizer []byte

	listener *listener
	sockets  map[string]*socket
	current  *socket
	vars     script.Variables
	last     *piece
	// ended is when a socket was closed last, or the beginning of the case.
	ended time.Time
	// weak says what was taken that the rule would have otherwise.
	weak []string
	// setup tells that the step under way only prepares.
	setup bool
	// lenient goes on when a step fails, whatever came.
	lenient bool
}

// stepError says which step failed, and how.
type stepError struct {
	step  *script.Step
	index int
	rule  string
	setup bool
	err   error
}

func (e *stepError) Error() string {
	return fmt.Sprintf("line %d: %s: %v", e.step.Line, e.step, e.err)
}

func (e *stepError) Unwrap() error { return e.err }

func newPlay(target *Target, id Identity, lossy bool, patience time.Duration,
	random *rand.Rand) *play {
	p := &play{target: target, lossy: lossy, patience: patience, random: random,
		sockets: make(map[string]*socket), vars: make(script.Variables)}
	p.self, p.selves = newSelf(id, random), make(map[string]*self)
	p.vars["nonce"] = script.Number(uint64(p.self.addr.Nonce))
	p.ended = time.Now()
	return p
}

// end closes what is open.
func (p *play) end() {
	for _, s := range p.sockets {
		s.conn.Close()
	}
}

// run plays all steps. The error is a *stepError.
func (p *play) run(ctx context.Context, steps []script.Step) error {
	for i := 0; i < len(steps); i++ {
		step := &steps[i]
		if step.Verb == "repeat" {
			n, err := p.repeat(ctx, steps, i)
			if err != nil {
				return err
			}
			i = n
			continue
		}
		if err := p.step(ctx, step); err != nil {
			if p.lenient && ctx.Err() == nil {
				continue
			}
			failed := &stepError{step: step, index: i, rule: step.Rule, setup: p.setup, err: err}
			var cited *citedError
			if errors.As(err, &cited) && (!cited.form || step.Rule == "") {
				failed.rule, failed.setup = cited.rule, false
			}
			return failed
		}
	}
	return nil
}

// repeat plays the steps from i up to their end several times, with until=closed only as long as
// the socket is open. It returns the index of the end.
func (p *play) repeat(ctx context.Context, steps []script.Step, i int) (int, error) {
	end := i + slices.IndexFunc(steps[i:], func(s script.Step) bool { return s.Verb == "end" })
	if end < i {
		end = len(steps)
	}
	n, err := strconv.Atoi(steps[i].Word(0))
	if err != nil {
		return end, &stepError{step: &steps[i], index: i, err: err}
	}
	for round := range n {
		p.vars["i"] = script.Number(uint64(round))
		if err := p.run(ctx, steps[i+1:end]); err != nil {
			if until, _ := steps[i].Arg("until"); until == "closed" && isEnd(err) {
				return end, nil
			}
			var failed *stepError
			if errors.As(err, &failed) {
				failed.index += i + 1
				failed.err = errors.WithMessagef(failed.err, "round %d of %d", round+1, n)
			}
			return end, err
		}
	}
	return end, nil
}

func (p *play) step(ctx context.Context, step *script.Step) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := p.onSocket(step); err != nil {
		return err
	}
	p.setup = (step.Verb == "open" || step.Verb == "welcome" || step.Verb == "dial" ||
		step.Verb == "accept") && step.Rule == ""
	switch step.Verb {
	case "dial":
		return p.dial(ctx, step)
	case "accept":
		return p.accept(ctx, step)
	case "send":
		return p.send(step)
	case "expect":
		if step.Word(0) == "nobody" {
			return p.nobody(ctx, step)
		}
		return p.expect(step)
	case "open":
		return p.open(ctx, step)
	case "welcome":
		return p.welcome(ctx, step)
	case "let":
		v, found := p.field(step.Word(1))
		if !found {
			return errors.Errorf("nothing that was expected has the field %s", step.Word(1))
		}
		p.vars[step.Word(0)] = v
		return nil
	case "check":
		return p.check(step)
	case "wait":
		return p.wait(ctx, step)
	case "close", "half-close", "reset":
		return p.close(step.Verb)
	case "forget":
		p.self.forget()
		return nil
	case "become":
		return p.become(step)
	case "as":
		p.as(step.Word(0))
		return nil
	}
	return errors.Errorf("%s is not done here", step.Verb)
}

// onSocket makes the socket that the step names the current one, and the kit the peer that has
// opened it.
func (p *play) onSocket(step *script.Step) error {
	opens := step.Verb == "dial" || step.Verb == "accept" ||
		(step.Verb == "open" || step.Verb == "welcome")
	if step.Socket != "" {
		s := p.sockets[step.Socket]
		if s == nil && !opens {
			return errors.Errorf("there is no socket %s", step.Socket)
		}
		p.current = s
		if s != nil && s.self != nil {
			p.self = s.self
		}
	}
	return nil
}

// as makes the kit another peer, which is new or was there before.
func (p *play) as(name string) {
	if p.selves[name] == nil {
		id := p.self.Identity
		id.other = false
		p.selves[name] = newSelf(id, p.random)
	}
	p.self, p.current = p.selves[name], nil
}

var errNoSocket = errors.New("there is no socket yet: dial or accept first")

// name returns what a new socket is called.
func (p *play) name(step *script.Step) string {
	if step.Socket != "" {
		return step.Socket
	}
	return strconv.Itoa(len(p.sockets) + 1)
}

func (p *play) add(step *script.Step, conn net.Conn, dialed bool) {
	name := p.name(step)
	if old := p.sockets[name]; old != nil {
		old.conn.Close()
	}
	if p.lastAuthorizer != nil {
		p.replayed = p.lastAuthorizer
	}
	p.current = newSocket(name, conn, dialed, &p.record)
	p.current.self = p.self
	if c := p.self.credentials; c != nil && c.Secrets != nil && !dialed {
		p.current.judge = new(judge)
	}
	p.sockets[name] = p.current
	p.self.localAddr(conn)
	local := wire.EntityAddrFromNet(conn.LocalAddr(), 0)
	p.vars["local_ip"] = script.Text(local.IP.String())
	p.vars["local_port"] = script.Number(uint64(local.Port))
}

func (p *play) dial(ctx context.Context, step *script.Step) error {
	ctx, cancel := context.WithTimeout(ctx, p.firstContact(p.patience))
	defer cancel()
	if p.instance.Dial == nil {
		return errors.New("dial: the case's role is called, and does not listen")
	}
	conn, err := p.instance.Dial(ctx)
	if err != nil {
		return &unreachableError{errors.Wrap(err, "cannot connect")}
	}
	p.add(step, conn, true)
	return nil
}

// firstContact is how long a connection may take: the first one of a case longer than others, since
// the target may have been started just now.
func (p *play) firstContact(within time.Duration) time.Duration {
	if len(p.sockets) == 0 {
		return max(within, startTime*p.patience)
	}
	return within
}

func (p *play) accept(ctx context.Context, step *script.Step) error {
	within, err := p.within(step)
	if err != nil {
		return err
	}
	conn, err := p.listener.accept(ctx, p.firstContact(within), p.instance)
	if err != nil {
		return err
	}
	p.add(step, conn, false)
	p.last = &piece{name: "connection"}
	p.last.number("pause", uint64(time.Since(p.ended).Milliseconds()))
	return nil
}

// within returns how long the step may take.
func (p *play) within(step *script.Step) (time.Duration, error) {
	text, found := step.Arg("within")
	if !found {
		return p.patience, nil
	}
	d, err := time.ParseDuration(text)
	return max(d, p.patience), errors.Wrap(err, "within")
}

// deadline bounds what the step may take on the current socket.
func (p *play) deadline(step *script.Step) error {
	if p.current == nil {
		return errNoSocket
	}
	d, err := p.within(step)
	if err != nil {
		return err
	}
	return p.current.conn.SetDeadline(time.Now().Add(d))
}

func (p *play) wait(ctx context.Context, step *script.Step) error {
	d, err := time.ParseDuration(step.Word(0))
	if err != nil {
		return err
	}
	return pause(ctx, d)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *play) close(how string) error {
	if p.current == nil {
		return errNoSocket
	}
	outer := p.current.conn.(*tap)
	inner := outer.Conn
	switch how {
	case "half-close":
		half, ok := inner.(interface{ CloseWrite() error })
		if !ok {
			return errNotHere
		}
		return half.CloseWrite()
	case "reset":
		if tcp, ok := inner.(*net.TCPConn); ok {
			if err := tcp.SetLinger(0); err != nil {
				return err
			}
		}
	}
	outer.add(true, nil, errClosed)
	p.ended = time.Now()
	return inner.Close()
}

// errNotHere says that the network of the target cannot do what the case needs.
var errNotHere = errors.New("these sockets cannot do that")

func (p *play) become(step *script.Step) error {
	for _, a := range step.Args {
		if a.Name == "principal" {
			p.self.other = a.Value == authorizerOther
			continue
		}
		v, err := script.Eval(a.Name, a.Value, p.vars)
		if err != nil {
			return err
		}
		if !p.self.become(a.Name, v) {
			return errors.Errorf("become: there is no field %s", a.Name)
		}
	}
	return nil
}

// field returns a field of what was expected last.
func (p *play) field(name string) (script.Value, bool) {
	if p.last == nil {
		return script.Value{}, false
	}
	return p.last.get(name)
}

func (p *play) check(step *script.Step) error {
	return p.match(p.last, step.Word(0), step.Word(1))
}
