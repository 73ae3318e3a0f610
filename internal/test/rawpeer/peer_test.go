package rawpeer_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns both ends of a TCP connection as peers: a client, and an osd to which it talks.
func pair(t *testing.T) (client, server *rawpeer.Peer) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return rawpeer.New(t, dialed, wire.EntityInst{Name: wire.Client(1)}),
		rawpeer.New(t, accepted, wire.EntityInst{Name: wire.OSD(0),
			Addr: wire.EntityAddrFromNet(l.Addr(), 7)})
}

// bothSides runs the server's half of a script beside the client's.
func bothSides(t *testing.T, server, client func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		server()
	}()
	client()
	<-done
}

func TestTwoPeersHoldAConversation(t *testing.T) {
	for _, tag := range []wire.Tag{wire.TagReady, wire.TagSeq} {
		for _, offered := range []wire.Features{wire.FeaturesSupported,
			wire.FeaturesSupported &^ wire.FeatureMsgAuth} {
			client, server := pair(t)
			client.Offered = offered
			bothSides(t, func() {
				server.InSeq = 5
				server.GreetClient()
				c, _ := server.ExpectConnect()
				if tag == wire.TagReady {
					server.SendReady(c)
				} else if seq := server.ExchangeSeq(c); seq != 3 {
					t.Errorf("client has %d", seq)
				}
				for range 2 {
					f := server.ExpectMessage()
					server.Send(server.Message(wire.MessageHeader{Type: f.Header.Type}, f.Front,
						nil, []byte("data")))
				}
				server.SendAck(server.InSeq)
				server.SendTag(wire.TagKeepalive)
				f := server.ExpectFrame(wire.TagKeepalive2)
				server.SendKeepalive2(wire.TagKeepalive2Ack, f.Stamp)
				server.ExpectFrame(wire.TagClose)
				server.Close()
			}, func() {
				client.InSeq = 3
				if reply := client.Open(wire.EntityOSD); reply.ConnectSeq != 1 {
					t.Errorf("reply %+v", reply)
				}
				if tag == wire.TagSeq && client.OutSeq != 5 {
					t.Errorf("out_seq %d after SEQ", client.OutSeq)
				}
				client.SendMessage(9, "hello")
				client.SendMessage(10, "again")
				if f := client.ExpectMessage(); string(f.Front) != "hello" || f.Header.Type != 9 ||
					string(f.Data) != "data" {
					t.Errorf("got %+v", f)
				}
				client.ExpectAck(client.OutSeq)
				client.ExpectFrame(wire.TagKeepalive)
				client.SendKeepalive2(wire.TagKeepalive2, wire.Timespec{Sec: 1})
				if f := client.ExpectFrame(wire.TagKeepalive2Ack); f.Stamp.Sec != 1 {
					t.Errorf("stamp %+v", f.Stamp)
				}
				client.ExpectSilence(time.Millisecond)
				client.SendTag(wire.TagClose)
				client.ExpectClosed()
			})
		}
	}
}

// recorder takes the place of a test that is about to fail.
type recorder struct{ failure string }

func (r *recorder) Helper() {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestWhatIsNotExpectedFails(t *testing.T) {
	for _, test := range []struct {
		want   string
		send   string
		script func(p *rawpeer.Peer)
	}{
		{"expected a banner, 9 bytes: 63657068", "ceph", func(p *rawpeer.Peer) {
			p.ExpectGreeting()
		}},
		{"banner: text", "ssh-2.0-x", func(p *rawpeer.Peer) { p.ExpectGreeting() }},
		{"expected the reply [READY]", string(wire.ConnectReply{Tag: wire.TagWait}.Append(nil)),
			func(p *rawpeer.Peer) {
				p.ExpectReply(wire.TagReady)
			}},
		{"expected MSG, got CLOSE", "\x06", func(p *rawpeer.Peer) { p.ExpectMessage() }},
		{"expected a frame, got TAG_77", "\x4d", func(p *rawpeer.Peer) { p.ReadFrame() }},
		{"expected the socket to be closed, got ACK", "\x08", func(p *rawpeer.Peer) {
			p.ExpectClosed()
		}},
		{"expected silence", "\x08", func(p *rawpeer.Peer) { p.ExpectSilence(time.Minute) }},
	} {
		client, server := pair(t)
		r := new(recorder)
		p := rawpeer.New(r, server.Conn, wire.EntityInst{Name: wire.OSD(0)})
		client.Send([]byte(test.send))
		if len(test.send) == len("ceph") {
			client.Close() // in the middle of the banner
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			test.script(p)
		}()
		<-done
		if !strings.Contains(r.failure, test.want) {
			t.Errorf("failure %q, want %q", r.failure, test.want)
		}
	}
}
