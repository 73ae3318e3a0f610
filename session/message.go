package session

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/frame"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// Message is a message to be sent, or one that was received. The messenger does not look inside the
// parts.
//
// Sending: fill in the fields down to Data and hand the message to Send. From then on neither the
// message nor its parts may be changed until the peer has acked it (or, on a lossy session, until
// it is written); the safe rule is never to change it again. The same message may be sent over
// several connections.
//
// Receiving: the parts belong to the receiver. By default the message counts against the policy's
// throttles until its dispatch returns; a receiver that wants to hold it longer calls Retain, and
// Release when it is done. With Config.PoolMessages the same rule says how long message and parts
// may be used at all.
type Message struct {
	Type          uint16
	Priority      uint16 // 0 when sending means wire.PriorityDefault
	Version       uint16
	CompatVersion uint16
	TID           uint64
	DataOff       uint16
	Front         []byte
	Middle        []byte
	Data          []byte

	// Set by the receiver.

	Source wire.EntityName // who sent it, as the header says
	// SourceDisputed: the peer has proved to be a principal whose name Source cannot be (see
	// Connection.Identity). Who acts on the word of a source looks at this, or lets
	// Policy.VerifySource drop such messages.
	SourceDisputed bool
	Seq            uint64 // its number within the session
	// ReceivedAt is when its first bytes were read, ThrottledAt when the throttles let it pass,
	// CompletedAt when its last bytes were read.
	ReceivedAt, ThrottledAt, CompletedAt time.Time

	connection *Connection
	// atomic; the dispatch, and each Retain; the last to leave gives back what the message holds
	holders int32
	pooled  bool
	// What the parts of a pooled message are cut from: large holds a data part that is too long to
	// stand with the others.
	small, large *body

	throttleBytes, throttleMessages *throttle.Throttle // where it is counted; nil once given back
	charged                         int64              // bytes taken from throttleBytes
}

// Connection returns the connection by which the message came, nil for one that was not received.
func (m *Message) Connection() *Connection { return m.connection }

// PayloadLen returns the length of all parts together, in bytes.
func (m *Message) PayloadLen() int { return len(m.Front) + len(m.Middle) + len(m.Data) }

func (m *Message) parts() frame.Parts {
	return frame.Parts{Front: m.Front, Middle: m.Middle, Data: m.Data}
}

// check refuses what cannot be put on the wire.
func (m *Message) check() error {
	if m == nil {
		return ErrNilMessage
	}
	for i, part := range [...][]byte{m.Front, m.Middle, m.Data} {
		if uint64(len(part)) > math.MaxUint32 {
			return errors.WithMessagef(ErrPartTooLarge, "message type %d tid %d: %s of %d bytes",
				m.Type, m.TID, [...]string{"front", "middle", "data"}[i], len(part))
		}
	}
	return nil
}

// String returns a short form for logs.
func (m *Message) String() string {
	return fmt.Sprintf("message(type %d seq %d tid %d from %v, %d+%d+%d bytes)", m.Type, m.Seq,
		m.TID, m.Source, len(m.Front), len(m.Middle), len(m.Data))
}

// Header returns the message's header, as far as it is kept: without checksum.
func (m *Message) Header() wire.MessageHeader {
	return wire.MessageHeader{Seq: m.Seq, TID: m.TID, Type: m.Type, Priority: m.priority(),
		Version:  m.Version,
		FrontLen: uint32(len(m.Front)), MiddleLen: uint32(len(m.Middle)),
		DataLen: uint32(len(m.Data)),
		DataOff: m.DataOff, Source: m.Source, CompatVersion: m.CompatVersion}
}

// Retain keeps a received message, its parts and its place in the throttles beyond the return of
// the dispatch, until Release. Call it from within the dispatch. Each Retain wants its Release.
func (m *Message) Retain() { atomic.AddInt32(&m.holders, 1) }

// Release ends the receiver's use of a retained message, in any goroutine. The receiver must not
// use the message afterwards.
func (m *Message) Release() { m.leave() }

// Dispatched is called by the messenger when the dispatch of m has returned, or m was discarded:
// unless the receiver retained it, that is the end of it.
func Dispatched(m *Message) { m.leave() }

func (m *Message) leave() {
	if atomic.AddInt32(&m.holders, -1) == 0 {
		m.finish()
	}
}

// finish gives back what the message holds.
func (m *Message) finish() {
	if m.throttleBytes != nil {
		m.throttleBytes.Put(m.charged)
		m.throttleBytes = nil
	}
	if m.throttleMessages != nil {
		m.throttleMessages.Put(1)
		m.throttleMessages = nil
	}
	if m.pooled {
		putMessage(m)
	}
}

// Loop returns what the receiver of m gets when sender and receiver are the same messenger.
func Loop(m *Message, c *Connection, source wire.EntityName, now time.Time) *Message {
	return &Message{Type: m.Type, Priority: m.priority(), Version: m.Version,
		CompatVersion: m.CompatVersion, TID: m.TID,
		DataOff: m.DataOff, Front: m.Front, Middle: m.Middle, Data: m.Data,
		Source: source, ReceivedAt: now, ThrottledAt: now, CompletedAt: now, connection: c,
		holders: 1}
}

func (m *Message) priority() uint16 {
	if m.Priority == 0 {
		return wire.PriorityDefault
	}
	return m.Priority
}

var messagePool = sync.Pool{New: func() any { return new(Message) }}

func getMessage() *Message {
	m := messagePool.Get().(*Message)
	m.pooled = true
	return m
}

func putMessage(m *Message) {
	m.small.put()
	m.large.put()
	*m = Message{}
	messagePool.Put(m)
}

// NewMessage returns a message to be received, by its header: from the pool if the messenger has
// one.
func (c *Config) NewMessage(h *wire.MessageHeader) *Message {
	var m *Message
	if c.PoolMessages {
		m = getMessage()
	} else {
		m = new(Message)
	}
	m.holders = 1
	m.Type, m.Priority, m.Version, m.CompatVersion = h.Type, h.Priority, h.Version, h.CompatVersion
	m.TID, m.DataOff, m.Source, m.Seq = h.TID, h.DataOff, h.Source, h.Seq
	return m
}

// TookMessage and TookBytes note what was taken for m from throttles of the policy, which it gives
// back in the end.
func TookMessage(m *Message, t *throttle.Throttle) { m.throttleMessages = t }

// TookBytes is the other one, for n bytes.
func TookBytes(m *Message, t *throttle.Throttle, n int64) { m.throttleBytes, m.charged = t, n }
