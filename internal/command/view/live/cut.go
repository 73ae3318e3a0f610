package live

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/memnet"
	"simplemessenger/wire"
)

// Place is where, in what is said, a socket breaks.
type Place struct {
	// Name is how a command calls it; Text says to people where it is: "in the banner".
	Name, Text string

	// tag is that of the frame; 0 is for places in the opening of a socket, which has no tags.
	tag wire.Tag
	// side says it: 0 has opened the socket, 1 has accepted it.
	side int
	// bytes get through: of the frame with its tag, or of all that the side says.
	bytes int64
}

const (
	// cutMessages is how many messages are queued for a cut, and payload how much data each of them
	// has, in bytes.
	cutMessages = 3
	payload     = 32

	toReply = int64(wire.BannerSize + 2*wire.EntityAddrSize) // before it the server has said that
	toFront = int64(1 + wire.MessageHeaderSize)
	toData  = toFront + 8 // what messages have in front
)

// Places are where a socket can be cut, in the order in which they come.
var Places = []Place{
	{Name: "banner", Text: "in the banner", bytes: 4},
	{Name: "connect", Text: "in the connect message",
		bytes: int64(wire.BannerSize + wire.EntityAddrSize + wire.ConnectSize/2)},
	{Name: "reply", Text: "behind the reply", side: 1, bytes: toReply + wire.ConnectReplySize},
	{Name: "header", Text: "in a message's header", tag: wire.TagMsg, bytes: 40},
	{Name: "data", Text: "in a message's data", tag: wire.TagMsg, bytes: toData + payload/2},
	{Name: "footer", Text: "in a message's footer", tag: wire.TagMsg,
		bytes: toData + payload + wire.FooterSize/2},
	{Name: "ack", Text: "in an ack", tag: wire.TagAck, side: 1, bytes: 4},
}

// placeOf returns the place of that name; without one it is a message's header.
func placeOf(name string) (*Place, error) {
	if name == "" {
		name = "header"
	}
	for i := range Places {
		if Places[i].Name == name {
			return &Places[i], nil
		}
	}
	return nil, errors.WithMessagef(ErrRefused, "there is no place %q to cut", name)
}

// cutFrame has a socket break at a place, and messages queued for that: the newest socket that
// there is, which has won if there are two, or, where it is to break while it opens, the next one.
func (w *World) cutFrame(ctx context.Context, name string) error {
	place, err := placeOf(name)
	if err != nil {
		return err
	}
	from, to := w.peers[0], w.peers[1]
	conns := w.net.Conns()
	if len(conns) > 0 {
		from, to = w.lanesOf(conns[len(conns)-1])
	} else if place.tag != 0 {
		return errors.WithMessage(ErrRefused, "there is no socket to cut")
	}
	if err := from.ready(cutMessages); err != nil {
		return err
	}
	w.resume()
	if place.tag != 0 {
		k := w.sockets.find(conns[len(conns)-1].ClientAddr())
		if k == nil {
			return errors.WithMessage(ErrRefused, "the socket has just ended")
		}
		w.note("Socket %d will break %s, the next one there", k.number, place.Text)
		k.aim(place)
	} else {
		w.note("All sockets are cut, and the next one will break %s", place.Text)
		w.sockets.aimNext(place)
		for _, c := range conns {
			c.Reset()
		}
	}
	return from.send(ctx, to, cutMessages, make([]byte, payload))
}

// aimNext has the next socket break while it opens.
func (s *sockets) aimNext(p *Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = p
}

// aim has a socket break in the next frame of the place's tag.
func (k *socket) aim(p *Place) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ways[p.side].cut = p
}

// stream is what one side says.
func (k *socket) stream(side int) *memnet.Stream {
	if side == 0 {
		return k.conn.ClientToServer()
	}
	return k.conn.ServerToClient()
}

// cutWithin installs the cut that a side was aimed at, if its frame begins in b, which is about to
// be written.
func (k *socket) cutWithin(side int, b []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w := &k.ways[side]
	if w.cut == nil || w.complete != w.handed {
		return
	}
	for at := 0; at < len(b); {
		tag := wire.Tag(b[at])
		size, small := smallFrames[tag]
		switch {
		case tag == w.cut.tag:
			k.stream(side).AfterBytes(w.handed+int64(at)+w.cut.bytes, memnet.Cut)
			w.cut = nil
			return
		case !small:
			return // the next one begins elsewhere
		}
		at += size
	}
}

// smallFrames are those before which another one can be in the same write, with their sizes.
var smallFrames = map[wire.Tag]int{wire.TagAck: ackSize, wire.TagKeepalive: 1,
	wire.TagKeepalive2: 9, wire.TagKeepalive2Ack: 9}
