package simulator

import (
	"encoding/binary"
	"sync"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// MessageType is the type of the messages of streams; the oracle looks at no others.
const MessageType = 0x7e57

// Stream sends numbered messages over one connection. Several goroutines may use one stream each,
// on the same connection.
type Stream struct {
	Sender     *Endpoint
	Connection *simplemsgr.Connection
	id         uint32
	life       int

	mu    sync.Mutex // held while a message is sent, so that numbers go out in order
	sent  uint64
	epoch uint32 // remote resets that the sender was told of; guarded by the oracle's lock

	record streamRecord
}

// Stream returns a new stream over a connection of the endpoint.
func (e *Endpoint) Stream(c *simplemsgr.Connection) *Stream {
	e.log.seen(c)
	return e.w.oracle.newStream(e, c)
}

// Send sends n messages. It stops at the first that the connection refuses and returns the error.
func (s *Stream) Send(n int) error {
	for range n {
		if err := s.SendMessage(new(simplemsgr.Message)); err != nil {
			return err
		}
	}
	return nil
}

// SendMessage sends a message, of whose fields type and front are taken by the stream. All messages
// of a stream must have the same priority.
func (s *Stream) SendMessage(m *simplemsgr.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Type = MessageType
	m.Front = label{s.Sender.Name, uint32(s.life), s.id, s.epochNow(), s.sent + 1}.append(nil)
	if err := s.Connection.Send(m); err != nil {
		return err
	}
	s.sent++
	return nil
}

func (s *Stream) epochNow() uint32 {
	s.Sender.w.oracle.mu.Lock()
	defer s.Sender.w.oracle.mu.Unlock()
	return s.epoch
}

// Sent returns how many messages were sent.
func (s *Stream) Sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.sent)
}

// Delivered returns how many different messages were delivered.
func (s *Stream) Delivered() int {
	s.Sender.w.oracle.mu.Lock()
	defer s.Sender.w.oracle.mu.Unlock()
	return len(s.record.numbers)
}

// AwaitDelivered waits until n messages were delivered.
func (s *Stream) AwaitDelivered(n int) {
	s.Sender.w.T.Helper()
	s.Sender.w.Await("messages to be delivered", func() bool { return s.Delivered() >= n })
}

// label is the front part of a stream's messages.
type label struct {
	sender wire.EntityName
	life   uint32 // of the sender
	stream uint32 // unique in the world
	epoch  uint32 // of the session, as far as the sender was told
	number uint64 // from 1
}

const labelSize = wire.EntityNameSize + 3*4 + 8

func (l label) append(b []byte) []byte {
	b = l.sender.Append(b)
	b = binary.LittleEndian.AppendUint32(b, l.life)
	b = binary.LittleEndian.AppendUint32(b, l.stream)
	b = binary.LittleEndian.AppendUint32(b, l.epoch)
	return binary.LittleEndian.AppendUint64(b, l.number)
}

func decodeLabel(b []byte) (l label, ok bool) {
	if len(b) != labelSize {
		return label{}, false
	}
	l.sender, _ = wire.DecodeEntityName(b)
	b = b[wire.EntityNameSize:]
	l.life, l.stream, l.epoch = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]),
		binary.LittleEndian.Uint32(b[8:])
	l.number = binary.LittleEndian.Uint64(b[12:])
	return l, true
}
