package realfaulttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/auth"
	"simplemessenger/auth/none"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for the noisiest machine.
const patience = 2 * time.Minute

const typePing = 2

// monitor is a messenger of ours that passes for a monitor.
type monitor struct {
	t        *testing.T
	m        *simplemsgr.Messenger
	peer     wire.EntityInst
	answers  chan *simplemsgr.Message
	events   chan string
	recorder trace.Recorder
}

func newMonitor(t *testing.T, cluster *realpeer.Cluster, bind string, inject pipe.Inject) *monitor {
	t.Helper()
	mon := &monitor{
		t: t,
		peer: wire.EntityInst{Name: wire.Mon(0), Addr: wire.NewEntityAddr(cluster.Mons[0].Addr,
			cluster.Mons[0].Nonce)},
		answers: make(chan *simplemsgr.Message, 10000), events: make(chan string, 10000),
	}
	policy := simplemsgr.LosslessPeerReuse()
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy, ZeroNonce: true,
		AuthClient: none.Client{Name: auth.EntityName{Type: wire.EntityMon, ID: "1"}}}
	config.Pipe.Inject = inject
	config.Pipe.Tracer = &mon.recorder
	config.Accepter.PortMin, config.Accepter.PortMax = -1, -1
	mon.m = simplemsgr.New(wire.Mon(1), config)
	mon.m.AddDispatcher(mon)
	if err := mon.m.Bind(t.Context(), bind); err != nil {
		t.Fatal(err)
	}
	if err := mon.m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mon.stop)
	return mon
}

// stop is what a killed process looks like from outside: every socket closes without a word.
func (mon *monitor) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := mon.m.Shutdown(ctx); err != nil &&
		!errors.Is(err, simplemsgr.ErrDropped) {
		mon.t.Errorf("%v\n%s", err, mon.m.Dump().JSON())
	}
}

func (mon *monitor) Dispatch(m *simplemsgr.Message) bool {
	if m.Type == typePing {
		mon.answers <- m
	}
	return true // monitors probe each other; that is not our business
}

func (mon *monitor) HandleConnect(*simplemsgr.Connection)     { mon.events <- "connect" }
func (mon *monitor) HandleAccept(*simplemsgr.Connection)      { mon.events <- "accept" }
func (mon *monitor) HandleReset(*simplemsgr.Connection)       { mon.events <- "reset" }
func (mon *monitor) HandleRemoteReset(*simplemsgr.Connection) { mon.events <- "remote reset" }
func (mon *monitor) HandleRefused(*simplemsgr.Connection)     {}

func (mon *monitor) ping(tid uint64) {
	mon.t.Helper()
	if err := mon.m.Send(mon.peer, &simplemsgr.Message{Type: typePing, Version: 1,
		TID: tid}); err != nil {
		mon.t.Fatal(err)
	}
}

func (mon *monitor) awaitAnswer() *simplemsgr.Message {
	mon.t.Helper()
	select {
	case m := <-mon.answers:
		return m
	case <-time.After(patience):
		mon.t.Fatalf("no answer to MPing\n%s", mon.m.Dump().JSON())
		return nil
	}
}

// awaitEvent skips other events.
func (mon *monitor) awaitEvent(want string) {
	mon.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got := <-mon.events:
			if got == want {
				return
			}
		case <-timeout:
			mon.t.Fatalf("no event %q\n%s", want, mon.m.Dump().JSON())
		}
	}
}

// replies returns the tags of the replies that came.
func (mon *monitor) replies() []wire.Tag {
	var tags []wire.Tag
	for _, e := range trace.Of[trace.ReplyReceived](mon.recorder.Records()) {
		tags = append(tags, e.Reply.Tag)
	}
	return tags
}
