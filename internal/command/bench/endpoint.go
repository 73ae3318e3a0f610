package bench

import (
	"context"
	"net"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// endpoint is a client: a messenger with one connection, which streams of requests share.
type endpoint struct {
	messenger  *simplemsgr.Messenger
	connection *simplemsgr.Connection
	// times are counted from here: the difference to now is cheaper to have than now
	epoch   time.Time
	streams []stream // by the number that stands in their transaction ids
}

// stream takes the replies to its requests. It is called from the connection's reader.
type stream interface {
	reply(m *simplemsgr.Message, now time.Duration) error
	// fail ends the stream: no reply will come any more.
	fail(err error)
}

// dialer opens sockets; nil for TCP.
type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

func newEndpoint(number int, o Options, dial dialer) (*endpoint, error) {
	config, err := o.messengerConfig(o.Policy)
	if err != nil {
		return nil, err
	}
	config.Dial = dial
	config.Pipe.AnyNonce = true // who gives no nonce means any
	e := &endpoint{messenger: simplemsgr.New(wire.Client(int64(number)), config), epoch: time.Now()}
	e.messenger.AddDispatcher(replies{e})
	return e, e.messenger.Start()
}

func (e *endpoint) connect(server wire.EntityAddr) (err error) {
	e.connection, err = e.messenger.Connect(wire.EntityInst{Name: serverName, Addr: server})
	return err
}

func (e *endpoint) now() time.Duration { return time.Since(e.epoch) }

func (e *endpoint) close() { _ = e.messenger.Shutdown(context.Background()) }

func (e *endpoint) fail(err error) {
	for _, s := range e.streams {
		s.fail(err)
	}
}

// streamShift: the number of the stream stands in the uppermost byte of a transaction id.
const streamShift = 56

// replies brings each reply to its stream, in the goroutine of the connection's reader.
type replies struct{ *endpoint }

func (r replies) CanFastDispatch(*simplemsgr.Message) bool { return true }

func (r replies) FastDispatch(m *simplemsgr.Message) {
	now := r.now()
	number := m.TID >> streamShift
	if number >= uint64(len(r.streams)) || m.Type != uint16(messages.TypeOSDOpReply) {
		r.fail(errors.Errorf("the server sent %v, which nobody has asked for", m))
		return
	}
	if err := r.streams[number].reply(m, now); err != nil {
		r.fail(err)
	}
}

func (r replies) Dispatch(m *simplemsgr.Message) bool {
	r.FastDispatch(m)
	return true
}

// A load test does not go on over faults: its figures would not mean anything.

func (r replies) HandleConnect(*simplemsgr.Connection) {}
func (r replies) HandleAccept(*simplemsgr.Connection)  {}
func (r replies) HandleReset(c *simplemsgr.Connection) {
	r.fail(errors.Errorf("the connection with %v broke", c.PeerAddr()))
}
func (r replies) HandleRemoteReset(c *simplemsgr.Connection) {
	r.fail(errors.Errorf("%v has lost the session", c.PeerAddr()))
}
func (r replies) HandleRefused(c *simplemsgr.Connection) {
	r.fail(errors.Errorf("nobody listens at %v", c.PeerAddr()))
}

// checkReply returns what is wrong with a reply. It decodes into r.
func checkReply(r *messages.OSDOpReply, m *simplemsgr.Message) error {
	if err := r.Decode(m.Version, m.Front); err != nil {
		return err
	}
	if r.Result != 0 || len(m.Data) != 0 || len(m.Middle) != 0 {
		return errors.Errorf("reply to %#x: result %d, %d bytes", m.TID, r.Result, m.PayloadLen())
	}
	return nil
}
