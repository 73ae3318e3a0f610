package authtest

import (
	"context"
	"encoding/binary"
	"net"
	"sync/atomic"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// middle is somebody on the way between us and a peer, who changes the data of one message and
// makes the checksum fit again: only the signature can tell.
type middle struct {
	typ     messages.Type // of the message to be changed
	changed atomic.Int32
}

// dial returns connections with somebody in the middle.
func (m *middle) dial(config *simplemsgr.Config) {
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return middleConn{conn, m}, err
	}
}

type middleConn struct {
	net.Conn
	m *middle
}

// Write changes a copy: small messages come whole.
func (c middleConn) Write(b []byte) (int, error) {
	b = append([]byte(nil), b...)
	c.m.change(b)
	return c.Conn.Write(b)
}

func (c middleConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.m.change(b[:n])
	return n, err
}

// change changes the first message of the type that is whole in b, once.
func (m *middle) change(b []byte) {
	for ; len(b) > wire.MessageHeaderSize; b = b[1:] {
		var h wire.MessageHeader
		if wire.Tag(b[0]) != wire.TagMsg || wire.CheckMessageHeaderCRC(b[1:]) != nil ||
			h.Decode(b[1:]) != nil {
			continue
		}
		begin := 1 + wire.MessageHeaderSize + int(h.FrontLen) + int(h.MiddleLen)
		end := begin + int(h.DataLen)
		if messages.Type(h.Type) != m.typ || h.DataLen == 0 || len(b) < end+wire.FooterSize ||
			!m.changed.CompareAndSwap(0, 1) {
			continue
		}
		b[begin] ^= 1
		binary.LittleEndian.PutUint32(b[end+8:], wire.CRC(0, b[begin:end]))
	}
}
