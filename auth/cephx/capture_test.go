package cephx_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

const captureDir = "../../testdata/captures"

// recording is a capture of Ceph with cephx, and what is known of it.
type recording struct {
	File  string
	Cephx *struct {
		Authorizers int // that open, in connections whose handshake is complete
		Signed      int // messages whose signature is right
		Keyring     string
	}
	Connections []struct {
		Client     netip.AddrPort
		SessionKey string `json:"session_key"`
	}

	keyring  *cephx.Keyring
	sessions []*session
}

// session is one connection of a recording, taken apart.
type session struct {
	client   netip.AddrPort
	known    string  // session key in hexadecimal, if known
	rounds   []round // of connect and reply
	complete bool    // ends in READY or SEQ with all that belongs to it
	messages []message
}

type round struct {
	connect         wire.Connect
	authorizer      []byte
	at              time.Time
	answered        bool
	reply           wire.ConnectReply
	replyAuthorizer []byte
	replyAt         time.Time
}

type message struct {
	direction capture.Direction
	at        time.Time // of its last byte
	header    wire.MessageHeader
	front     []byte
	footer    wire.Footer
}

// recordings reads all captures with cephx.
func recordings(t testing.TB) []*recording {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(captureDir, "captures.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all, withCephx []*recording
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Cephx != nil {
			r.load(t)
			withCephx = append(withCephx, r)
		}
	}
	if len(withCephx) == 0 {
		t.Fatal("no captures with cephx")
	}
	return withCephx
}

func (r *recording) load(t testing.TB) {
	t.Helper()
	var err error
	if r.keyring, err = cephx.ParseKeyring(strings.NewReader(r.Cephx.Keyring), r.File); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(captureDir, r.File))
	if err != nil {
		t.Fatal(err)
	}
	connections, err := capture.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	known := map[netip.AddrPort]string{}
	for _, c := range r.Connections {
		known[c.Client] = c.SessionKey
	}
	for _, c := range connections {
		if !c.Midway {
			s := parseSession(t, c)
			s.known = known[s.client]
			r.sessions = append(r.sessions, s)
		}
	}
}

// cursor reads one direction of a connection.
type cursor struct {
	b      []byte
	offset int
	chunks []capture.Chunk
}

func newCursor(s *capture.Stream) *cursor { return &cursor{b: s.Bytes(), chunks: s.Chunks} }

// take returns the next n bytes, nil at the end of what was recorded.
func (c *cursor) take(n int) []byte {
	if len(c.b)-c.offset < n {
		c.offset = len(c.b)
		return nil
	}
	c.offset += n
	return c.b[c.offset-n : c.offset]
}

// at returns the time of the last byte taken.
func (c *cursor) at() time.Time {
	i := sort.Search(len(c.chunks), func(i int) bool {
		return c.chunks[i].Offset >= int64(c.offset)
	})
	return c.chunks[i-1].Time
}

func parseSession(t testing.TB, connection *capture.Connection) *session {
	t.Helper()
	s := &session{client: connection.Client}
	client, server := newCursor(connection.Stream(capture.FromClient)),
		newCursor(connection.Stream(capture.FromServer))
	if client.take(9+136) == nil || server.take(9+2*136) == nil || !s.handshake(t, client, server) {
		return s
	}
	s.complete = true
	s.parseMessages(t, capture.FromClient, client)
	s.parseMessages(t, capture.FromServer, server)
	return s
}

func (s *session) handshake(t testing.TB, client, server *cursor) (complete bool) {
	t.Helper()
	for {
		b := client.take(wire.ConnectSize)
		if b == nil {
			return false
		}
		connect, err := wire.DecodeConnect(b)
		if err != nil {
			t.Fatal(err)
		}
		r := round{connect: connect, authorizer: client.take(int(connect.AuthorizerLen)),
			at: client.at()}
		if b := server.take(wire.ConnectReplySize); b != nil {
			if r.reply, err = wire.DecodeConnectReply(b); err != nil {
				t.Fatal(err)
			}
			r.replyAuthorizer, r.replyAt = server.take(int(r.reply.AuthorizerLen)), server.at()
			r.answered = r.replyAuthorizer != nil // else the connection broke off, or the capture
		}
		s.rounds = append(s.rounds, r)
		if !r.answered {
			return false
		}
		switch r.reply.Tag {
		case wire.TagReady:
			return true
		case wire.TagSeq:
			return client.take(8) != nil && server.take(8) != nil
		default:
		}
	}
}

func (s *session) parseMessages(t testing.TB, direction capture.Direction, c *cursor) {
	t.Helper()
	for {
		tag := c.take(1)
		if tag == nil {
			return
		}
		switch wire.Tag(tag[0]) {
		case wire.TagAck, wire.TagKeepalive2, wire.TagKeepalive2Ack:
			c.take(8)
		case wire.TagMsg:
			m := message{direction: direction}
			header := c.take(wire.MessageHeaderSize)
			if header == nil {
				return
			}
			if err := m.header.Decode(header); err != nil {
				t.Fatal(err)
			}
			m.front = c.take(int(m.header.FrontLen))
			c.take(int(m.header.MiddleLen))
			c.take(int(m.header.DataLen))
			footer := c.take(wire.FooterSize)
			if footer == nil {
				return
			}
			if err := m.footer.Decode(footer); err != nil {
				t.Fatal(err)
			}
			m.at = c.at()
			s.messages = append(s.messages, m)
		default:
		}
	}
}

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
