package python

import (
	"net"
	"testing"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/wire"
)

// called returns a raw peer on a new socket to the server. All of one nonce are the same client.
func called(t *testing.T, addr wire.EntityAddr, nonce uint32) *rawpeer.Peer {
	t.Helper()
	conn, err := net.Dial("tcp", addr.AddrPort().String())
	if err != nil {
		t.Fatal(err)
	}
	peer := rawpeer.New(t, conn, wire.EntityInst{
		Name: wire.Client(1), Addr: wire.EntityAddr{Nonce: nonce},
	})
	t.Cleanup(peer.Close)
	return peer
}

// Each row is one of docs/negotiation.md: what a server answers that has a session with connect_seq
// 3, whose last connect message had global_seq 7.
func TestServerAnswersAsTheTableSays(t *testing.T) {
	const lastSeq = 1<<32 - 1
	addr, nonce := startServer(t, "--policy", "lossless"), uint32(0)
	for name, row := range map[string]struct {
		change                func(c *wire.Connect)
		want                  wire.Tag
		globalSeq, connectSeq uint32 // of the reply, where they are not 0
	}{
		"protocol version": {change: func(c *wire.Connect) { c.ProtocolVersion++ },
			want: wire.TagBadProtoVer},
		"features": {change: func(c *wire.Connect) { c.Features &^= wire.FeatureNoSrcAddr },
			want: wire.TagFeatures},
		"stale global_seq": {change: func(c *wire.Connect) { c.GlobalSeq = 6 },
			want: wire.TagRetryGlobal, globalSeq: 7},
		"numbers used up": {change: func(c *wire.Connect) { c.ConnectSeq = lastSeq },
			want: wire.TagResetSession},
		"peer restarted": {change: func(c *wire.Connect) { c.ConnectSeq = 0 },
			want: wire.TagReady, connectSeq: 1},
		"stale connect_seq": {change: func(c *wire.Connect) { c.ConnectSeq = 2 },
			want: wire.TagRetrySession, connectSeq: 4},
		"same connect_seq": {change: func(c *wire.Connect) { c.ConnectSeq = 3 },
			want: wire.TagRetrySession, connectSeq: 4},
		"reconnect": {change: func(*wire.Connect) {}, want: wire.TagSeq, connectSeq: 5},
		"reconnect without SEQ": {
			change: func(c *wire.Connect) { c.Features &^= wire.FeatureReconnectSeq },
			want:   wire.TagReady, connectSeq: 5},
	} {
		t.Run(name, func(t *testing.T) {
			nonce++ // another client
			peer := called(t, addr, nonce)
			peer.Greet()
			c := peer.Connect(wire.EntityOSD)
			c.GlobalSeq, c.ConnectSeq = 5, 2
			send(peer, c)
			peer.ExpectReply(wire.TagResetSession) // unknown session
			c.GlobalSeq, c.ConnectSeq = 6, 0
			send(peer, c)
			peer.ExpectReply(wire.TagReady) // new

			peer = called(t, addr, nonce)
			peer.Greet()
			c.GlobalSeq, c.ConnectSeq = 7, 2
			send(peer, c)
			reply, _ := peer.ExpectReply(wire.TagSeq)
			if reply.ConnectSeq != 3 || reply.Lossy() {
				t.Fatalf("%+v", reply)
			}
			peer.SendSeq(0)
			peer.ExpectSeq()

			peer = called(t, addr, nonce)
			peer.Greet()
			c.GlobalSeq, c.ConnectSeq = 8, 4
			row.change(&c)
			send(peer, c)
			reply, _ = peer.ExpectReply(row.want)
			if row.globalSeq != 0 && reply.GlobalSeq != row.globalSeq ||
				row.connectSeq != 0 && reply.ConnectSeq != row.connectSeq {
				t.Errorf("%+v", reply)
			}
			if row.want == wire.TagFeatures && !reply.Features.Has(wire.FeatureNoSrcAddr) {
				t.Errorf("the features that it requires are not in %+v", reply)
			}
		})
	}
}

func TestServerEndsALossySessionWithItsSocket(t *testing.T) {
	addr := startServer(t)
	first := called(t, addr, 1)
	if reply := first.Open(wire.EntityOSD); !reply.Lossy() {
		t.Errorf("%+v", reply)
	}
	second := called(t, addr, 1)
	second.GlobalSeq = 2
	second.Open(wire.EntityOSD) // existing is lossy
	first.ExpectClosed()
	second.Send(second.Message(wire.MessageHeader{Type: typePing}, nil, nil, nil))
	if answer := second.ExpectMessage(); answer.Header.Type != typePing {
		t.Errorf("%+v", answer)
	}
}

func TestServerSaysWhatItHearsOnceAndAgain(t *testing.T) {
	addr := startServer(t, "--policy", "lossless")
	peer := called(t, addr, 1)
	peer.Open(wire.EntityOSD)
	header := wire.MessageHeader{Type: typeEcho, TID: 7, Priority: 200, Version: 3, DataOff: 16}
	first := peer.Message(header, []byte("front"), []byte("middle"), []byte("data"))
	incomplete := peer.Message(header, []byte("never"), nil, nil)
	incomplete[len(incomplete)-1] = 0
	peer.OutSeq-- // the number is free again: nobody has taken the message
	second := peer.Message(header, nil, nil, nil)
	for _, frame := range [][]byte{first, incomplete, first, second} {
		peer.Send(frame)
	}
	peer.ExpectAck(1)
	echo := peer.ExpectMessage()
	if echo.Header.TID != 7 || echo.Header.Priority != 200 || echo.Header.Version != 3 ||
		echo.Header.DataOff != 16 || echo.Header.Source != wire.OSD(0) ||
		string(echo.Front)+string(echo.Middle)+string(echo.Data) != "frontmiddledata" {
		t.Errorf("%+v", echo)
	}
	if again := peer.ExpectMessage(); len(again.Front) > 0 || again.Header.Seq != 2 {
		t.Errorf("%+v", again)
	}
	stamp := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	peer.Send(append([]byte{byte(wire.TagKeepalive), byte(wire.TagKeepalive2)}, stamp...))
	peer.ExpectFrame(wire.TagKeepalive2Ack)
	peer.Send([]byte{byte(wire.TagClose)})
	peer.ExpectFrame(wire.TagClose)
	peer.ExpectClosed()
}

// What may not be said ends the socket, and the server goes on.
func TestServerSurvivesBadInput(t *testing.T) {
	addr := startServer(t)
	for name, say := range map[string]func(peer *rawpeer.Peer){
		"authorizer": func(peer *rawpeer.Peer) {
			peer.Greet()
			c := peer.Connect(wire.EntityOSD)
			c.AuthorizerLen = 1<<32 - 1
			send(peer, c)
		},
		"lengths": func(peer *rawpeer.Peer) {
			peer.Open(wire.EntityOSD)
			peer.Send(peer.Header(wire.MessageHeader{FrontLen: 1, MiddleLen: 1<<32 - 1,
				DataLen: 1<<32 - 1}))
			peer.Send([]byte{0})
		},
		"front": func(peer *rawpeer.Peer) {
			peer.Open(wire.EntityOSD)
			peer.Send(peer.Header(wire.MessageHeader{FrontLen: 4<<20 + 1}))
		},
		"crc of the header": func(peer *rawpeer.Peer) { damage(peer, 50) },
		"crc of the front":  func(peer *rawpeer.Peer) { damage(peer, 54) },
		"crc of the data":   func(peer *rawpeer.Peer) { damage(peer, 55) },
		"tag": func(peer *rawpeer.Peer) {
			peer.Open(wire.EntityOSD)
			peer.Send([]byte{200})
		},
	} {
		t.Run(name, func(t *testing.T) {
			peer := called(t, addr, 1)
			say(peer)
			peer.ExpectClosed()
		})
	}
	runClient(t, true, addr.String())
}

// damage opens a session and sends a message with one wrong byte.
func damage(peer *rawpeer.Peer, offset int) {
	peer.Open(wire.EntityOSD)
	frame := peer.Message(wire.MessageHeader{Type: typeEcho}, []byte("f"), nil, []byte("d"))
	frame[offset] ^= 1
	peer.Send(frame)
}

// send sends a connect message.
func send(peer *rawpeer.Peer, c wire.Connect) { peer.Send(c.Append(nil)) }
