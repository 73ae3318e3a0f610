package rawpeer

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"simplemessenger/wire"
)

// T is what a Peer needs of a test. A *testing.T is one.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Peer is one end of one socket.
type Peer struct {
	t    T
	Conn net.Conn

	// Name and Addr are who the peer says that it is.
	Name wire.EntityName
	Addr wire.EntityAddr
	// Offered are the features in the peer's connect messages and replies.
	Offered wire.Features
	// Features are those of the session: what both sides offered. The handshakes set them; they
	// decide about the form of footers and keepalives.
	Features wire.Features

	// GlobalSeq and ConnectSeq go into the next connect message or reply. Open and Accept set
	// ConnectSeq to that of the session.
	GlobalSeq, ConnectSeq uint32
	// OutSeq is the number of the last message made by Message, InSeq that of the last one read.
	OutSeq, InSeq uint64

	// Patience is how long each piece that is expected may take.
	Patience time.Duration
}

// New returns a peer at one end of conn, which the caller closes.
func New(t T, conn net.Conn, self wire.EntityInst) *Peer {
	return &Peer{t: t, Conn: conn, Name: self.Name, Addr: self.Addr,
		Offered:  wire.FeaturesSupported,
		Features: wire.FeaturesSupported, GlobalSeq: 1, Patience: time.Minute}
}

// Send writes bytes as they are.
func (p *Peer) Send(b []byte) {
	p.t.Helper()
	if err := p.Conn.SetWriteDeadline(time.Now().Add(p.Patience)); err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
	if n, err := p.Conn.Write(b); err != nil {
		p.t.Fatalf("rawpeer: %d of %d bytes written: %v", n, len(b), err)
	}
}

// Expect reads n bytes; what they are is said in what.
func (p *Peer) Expect(what string, n int) []byte {
	p.t.Helper()
	p.setReadDeadline()
	b := make([]byte, n)
	if have, err := io.ReadFull(p.Conn, b); err != nil {
		p.t.Fatalf("rawpeer: expected %s, %d bytes: %x (%d bytes), then %v", what, n,
			b[:min(have, 64)], have, err)
	}
	return b
}

func (p *Peer) setReadDeadline() {
	p.t.Helper()
	if err := p.Conn.SetReadDeadline(time.Now().Add(p.Patience)); err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
}

// ExpectClosed expects the other side to close the socket without another byte; it returns how the
// stream ended: io.EOF, or a reset. An io.EOF says that the other side had read all that was sent.
func (p *Peer) ExpectClosed() error {
	p.t.Helper()
	p.setReadDeadline()
	var b [1]byte
	n, err := p.Conn.Read(b[:])
	switch {
	case n > 0:
		p.t.Fatalf("rawpeer: expected the socket to be closed, got %v", wire.Tag(b[0]))
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.t.Fatalf("rawpeer: expected the socket to be closed within %v", p.Patience)
	}
	return err
}

// ExpectSilence expects that nothing comes for a while and that the socket stays open.
func (p *Peer) ExpectSilence(d time.Duration) {
	p.t.Helper()
	if err := p.Conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
	var b [1]byte
	if n, err := p.Conn.Read(b[:]); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("rawpeer: expected silence, got %x, %v", b[:n], err)
	}
}

// Close closes the socket.
func (p *Peer) Close() { _ = p.Conn.Close() }
