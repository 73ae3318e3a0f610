package conformance

import (
	"bufio"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// maxRecorded bounds the bytes of a conversation that are kept for its story and capture, and
// maxPart those of a message's part that the kit reads: what a messenger under test may make it
// hold.
const (
	maxRecorded = 64 << 20
	maxPart     = 64 << 20
	// maxRun bounds what is kept of all cases of a run together.
	maxRun = 1 << 30
)

// Chunk is what one side sent at one time.
type Chunk struct {
	// FromKit tells who sent it.
	FromKit bool
	// Socket is the name of the socket in the case, and Dialed tells whether the kit has opened it.
	// A name may be given again to a later socket; Connection tells them apart: it counts the
	// sockets of the case, from 1.
	Socket     string
	Connection int
	Dialed     bool
	Time       time.Time
	Bytes      []byte
	// End is what ended the stream, nil for bytes.
	End error
}

// recording holds what was said in a case, on all its sockets.
type recording struct {
	mu     sync.Mutex
	chunks []Chunk
	size   int
	full   bool // what comes behind something that is left out, is left out too
	// connections counts sockets.
	connections int
	// left is what may still be kept in the run; nil for as much as fits into one case.
	left *atomic.Int64
}

func (r *recording) add(c Chunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.full = r.full || r.size+len(c.Bytes) > maxRecorded ||
		r.left != nil && r.left.Add(-int64(len(c.Bytes))) < 0
	if r.full {
		return
	}
	r.size += len(c.Bytes)
	c.Bytes = append([]byte(nil), c.Bytes...)
	c.Time = time.Now()
	r.chunks = append(r.chunks, c)
}

func (r *recording) all() []Chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chunks
}

// connection returns the number of a new socket.
func (r *recording) connection() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections++
	return r.connections
}

// socket is one connection of a case, with what the kit knows of both sides. It is used by one
// goroutine.
type socket struct {
	name   string
	conn   net.Conn
	r      *bufio.Reader
	dialed bool // by the kit, which therefore is the client
	// self is the peer that the kit is on it.
	self *self

	// features are those of the session: what both sides offered. They decide about footers.
	features wire.Features
	offered  wire.Features // by the kit
	// connect is the last one that was read or written, authorizer what was written behind it.
	connect    wire.Connect
	authorizer []byte
	// reply is the last one that was read.
	reply wire.ConnectReply
	open  bool
	// proof is what the kit has shown of itself, of which sort proofWord is; judge is what it knows
	// of who calls. They are nil without credentials.
	proof     *proof
	proofWord string
	judge     *judge
	// security signs the messages of the session, nil if they are not signed. older does it in the
	// way that is right without CEPHX_V2.
	security, older auth.Security
	// held is what is to be written together with the next piece.
	held []byte
	// peerAddr is that of the messenger under test, by its greeting.
	peerAddr wire.EntityAddr

	// lastAck and lastSeq are what the messenger under test has said: acks and messages count up.
	lastAck, lastSeq uint64
	acked            bool
}

func newSocket(name string, conn net.Conn, dialed bool, record *recording) *socket {
	tap := &tap{Conn: conn, record: record,
		says: Chunk{Socket: name, Connection: record.connection(), Dialed: dialed}}
	return &socket{name: name, conn: tap, r: bufio.NewReaderSize(tap, 64<<10), dialed: dialed,
		features: wire.FeaturesSupported, offered: wire.FeaturesSupported}
}

// tap records what goes through a socket.
type tap struct {
	net.Conn
	// says has what is the same in all its chunks.
	says   Chunk
	record *recording
	ended  bool
}

// add records what one side said, or that it ended.
func (t *tap) add(fromKit bool, b []byte, end error) {
	c := t.says
	c.FromKit, c.Bytes, c.End = fromKit, b, end
	t.record.add(c)
}

// Read reads from the messenger under test.
func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if n > 0 {
		t.add(false, b[:n], nil)
	}
	if err != nil && !isTimeout(err) && !t.ended {
		t.ended = true
		t.add(false, nil, err)
	}
	return n, err
}

// Write writes to the messenger under test.
func (t *tap) Write(b []byte) (int, error) {
	n, err := t.Conn.Write(b)
	if n > 0 {
		t.add(true, b[:n], nil)
	}
	return n, err
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isEnd tells whether an error says that the messenger under test has closed the socket.
func isEnd(err error) bool {
	var missing *missingError
	var written *writeError
	return (errors.As(err, &missing) || errors.As(err, &written)) && !isTimeout(err)
}

// read reads n bytes; what they are is said in what.
func (s *socket) read(what string, n int) ([]byte, error) {
	if n > maxPart {
		return nil, errors.Errorf("%s claims %d bytes", what, n)
	}
	// Memory grows with what has come, not with what was claimed.
	b := make([]byte, 0, min(n, 64<<10))
	for len(b) < n {
		have := len(b)
		b = append(b, make([]byte, min(n-have, 64<<10))...)
		m, err := io.ReadFull(s.r, b[have:])
		if err != nil {
			b = b[:have+m]
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = errClosed
			}
			return b, &missingError{what: what, want: n, have: b, err: err}
		}
	}
	return b, nil
}

// errClosed says that the messenger under test has closed the socket.
var errClosed = errors.New("the socket was closed")

// missingError says that a piece did not come, or not whole.
type missingError struct {
	what string
	want int
	have []byte
	err  error
}

func (e *missingError) Unwrap() error { return e.err }

func (e *missingError) Error() string {
	how := "the socket was closed"
	switch {
	case isTimeout(e.err):
		how = "nothing came in time"
		if len(e.have) > 0 {
			how = "the rest did not come in time"
		}
	case e.err != errClosed:
		how = e.err.Error()
	}
	if len(e.have) == 0 {
		return "expected " + e.what + ": " + how
	}
	return errors.Errorf("expected %s of %d bytes, got %d (% x): %s", e.what, e.want, len(e.have),
		e.have[:min(len(e.have), 32)], how).Error()
}
