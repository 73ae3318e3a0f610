package sessiontest

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// What cannot heal by itself is told at each attempt, as an error that can be told apart, and the
// attempts become rarer.
func TestFailedAttemptsAreTold(t *testing.T) {
	answer := func(say func(p *rawpeer.Peer, c wire.Connect)) func(*rawpeer.Peer) {
		return func(p *rawpeer.Peer) {
			p.GreetClient()
			c, _ := p.ExpectConnect()
			say(p, c)
		}
	}
	for _, test := range []struct {
		name string
		auth auth.Client
		peer func(*rawpeer.Peer)
		want error
	}{
		{"another nonce", nil, func(p *rawpeer.Peer) {
			p.Addr.Nonce++
			p.Send(p.ServerGreeting())
		}, pipe.ErrWrongPeer},
		{"no ceph", nil, func(p *rawpeer.Peer) {
			p.Send([]byte("SSH-2.0-OpenSSH_9.2p1\r\n"))
		}, pipe.ErrNotCeph},
		{"msgr2", nil, func(p *rawpeer.Peer) {
			p.Send([]byte("ceph v2\n\x10\x00\x03\x00\x00\x00\x00\x00\x00\x00"))
		}, pipe.ErrNotCeph},
		{"protocol version", nil, answer(func(p *rawpeer.Peer, c wire.Connect) {
			r := p.Reply(wire.TagBadProtoVer, c)
			r.ProtocolVersion++
			p.SendReply(r)
		}), protocol.ErrProtocolVersion},
		{"features", nil, answer(func(p *rawpeer.Peer, c wire.Connect) {
			p.SendReply(p.Reply(wire.TagFeatures, c))
		}), protocol.ErrFeatures},
		{"credentials refused", new(wallet), answer(func(p *rawpeer.Peer, c wire.Connect) {
			p.SendReply(p.Reply(wire.TagBadAuthorizer, c))
			c, _ = p.ExpectConnect()
			p.SendReply(p.Reply(wire.TagBadAuthorizer, c))
		}), protocol.ErrBadAuthorizer},
		{"no credentials, but some are wanted", nil, answer(func(p *rawpeer.Peer, c wire.Connect) {
			p.SendReply(p.Reply(wire.TagBadAuthorizer, c))
		}), protocol.ErrBadAuthorizer},
		{"no proof", new(wallet), answer(func(p *rawpeer.Peer, c wire.Connect) {
			p.SendReply(p.Reply(wire.TagReady, c))
		}), pipe.ErrUnproven},
		{"no protocol", nil, answer(func(p *rawpeer.Peer, c wire.Connect) {
			p.SendReply(p.Reply(wire.TagMsg, c))
		}), protocol.ErrProtocol},
		{"hangs up", nil, func(p *rawpeer.Peer) { p.Close() }, io.EOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			withRawPeerConfigured(t, wire.OSD(9), simplemsgr.LosslessPeer(),
				func(c *simplemsgr.Config) {
					c.AuthClient = test.auth
				}, func(t *testing.T, b *rawBench) {
					c := b.connect("hello")
					if err := c.LastError(); err != nil {
						t.Errorf("before anything has happened: %v", err)
					}
					const attempts = 4
					pause := 100 * time.Millisecond
					for n := range attempts {
						start := time.Now()
						peer := b.accept()
						if waited := time.Since(start); n > 0 && waited != pause {
							t.Errorf("attempt %d after %v, want %v", n, waited, pause)
						}
						pause *= 2
						test.peer(peer)
						if test.want != io.EOF {
							peer.ExpectClosed()
						}
						b.Settle()
					}
					faults := b.self.Faults()
					if len(faults) != attempts {
						t.Fatalf("told %v", faults)
					}
					for _, f := range faults {
						if f.Connection != c || !errors.Is(f.Err, test.want) {
							t.Errorf("told %v, want %v", f.Err, test.want)
						}
					}
					if err := c.LastError(); err != faults[attempts-1].Err {
						t.Errorf("last error %v", err)
					}
					if s := b.self.Messenger.Dump().Pipes[0].LastError; s != c.LastError().Error() {
						t.Errorf("dump says %q", s)
					}
					t.Log(c.LastError())
				})
		})
	}
}

// Every pair of these errors is apart.
func TestFaultsCanBeToldApart(t *testing.T) {
	kinds := []error{pipe.ErrWrongPeer, pipe.ErrNotCeph, protocol.ErrProtocolVersion,
		protocol.ErrFeatures, protocol.ErrBadAuthorizer, pipe.ErrUnproven,
		protocol.ErrProtocol, pipe.ErrPeerClosed, pipe.ErrTimeout, protocol.ErrMessageTooLarge,
		syscall.ECONNREFUSED}
	for i, e := range append(kinds, &protocol.FeatureError{}, &protocol.ProtocolVersionError{}) {
		n := 0
		for _, kind := range kinds {
			if errors.Is(e, kind) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("error %d, %v, is %d of them", i, e, n)
		}
	}
}

// Nobody listens: told as a refusal, as ever, and as a fault.
func TestRefusalIsAFault(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		must(t, b.listener.Close())
		c := b.connect("hello")
		b.Sleep(time.Second)
		if n := len(b.self.Faults()); n < 3 || n != len(b.self.Kinds(c)) {
			t.Errorf("%d faults, events %v", n, b.self.Kinds(c))
		}
		if err := c.LastError(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("last error %v", err)
		}
	})
}

// The reason of a reset comes before it, also in LastError of the dead connection.
func TestReasonOfAReset(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		var reason error
		b.self.OnEvent = func(e simulator.Event) {
			if e.Kind.String() == "reset" {
				reason = b.self.Faults()[0].Err
			}
		}
		c := b.connect("hello")
		peer := b.accept()
		peer.GreetClient()
		connect, _ := peer.ExpectConnect()
		r := peer.Reply(wire.TagReady, connect)
		r.Flags = wire.FlagLossy
		peer.SendReply(r)
		peer.Send([]byte{0xff})
		b.Settle()
		if !errors.Is(reason, protocol.ErrProtocol) || c.LastError() != reason || c.IsAlive() {
			t.Errorf("reason %v, last error %v, alive %v", reason, c.LastError(), c.IsAlive())
		}
	})
}

// Who just leaves is no fault, and no warning; who leaves in the middle of something is.
func TestGoodbyeIsNoFault(t *testing.T) {
	for name, test := range map[string]struct {
		leave  func(*rawpeer.Peer)
		faults int
		want   error
	}{
		"CLOSE": {func(p *rawpeer.Peer) {
			p.SendTag(wire.TagClose)
			p.ExpectFrame(wire.TagClose, wire.TagKeepalive2, wire.TagAck, wire.TagMsg)
			p.Close()
		}, 0, pipe.ErrPeerClosed},
		"end of the stream": {func(p *rawpeer.Peer) { p.Close() }, 0, io.EOF},
		"within a frame": {func(p *rawpeer.Peer) {
			p.Send([]byte{byte(wire.TagAck), 1})
			p.Close()
		}, 1, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			configure := func(c *simplemsgr.Config) {
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
			}
			withRawPeerConfigured(t, wire.OSD(9), simplemsgr.StatelessServer(), configure,
				func(t *testing.T, b *rawBench) {
					peer := b.dial()
					peer.Open(wire.EntityOSD)
					b.Settle()
					if n := strings.Count(log.String(),
						"\n"); n != 1 || !strings.Contains(log.String(), "level=INFO msg=opened") {
						t.Errorf("an accept is told in %d lines:\n%s", n, log.String())
					}
					c := b.self.Accepted()
					test.leave(peer)
					b.Settle()
					if n := len(b.self.Faults()); n != test.faults ||
						strings.Contains(log.String(), "WARN") != (n > 0) {
						t.Errorf("%d faults told: %v\n%s", n, b.self.Faults(), log.String())
					}
					if err := c.LastError(); !errors.Is(err, test.want) {
						t.Errorf("last error %v, want %v", err, test.want)
					}
				})
		})
	}
}

// The peer's nonce is not known: that is no matter for this peer, and stays one for all others.
func TestAnyNonceOfOnePeer(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		called := b.raw
		called.Addr.Nonce = 0
		c, err := b.self.Messenger.Connect(called)
		must(t, err)
		stranger := b.accept()
		stranger.Send(stranger.ServerGreeting())
		stranger.ExpectClosed()
		b.Settle()
		if err := c.LastError(); !errors.Is(err, pipe.ErrWrongPeer) {
			t.Fatalf("without the option: %v", err)
		}
		same, err := b.self.Messenger.Connect(called, simplemsgr.AnyNonce())
		must(t, err)
		if same != c {
			t.Error("another connection")
		}
		b.send(c, "hello")
		peer := b.accept()
		peer.Accept()
		expectFront(t, peer, "hello")
		if got := c.PeerAddr(); got != called.Addr {
			t.Errorf("peer address %v", got)
		}
	})
}

// A message that no dispatcher takes is told.
func TestUnhandledMessage(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		var records trace.Recorder
		server, client := simulator.Stateless.Endpoints(w)
		client.Start()
		m := simplemsgr.New(server.Name, simplemsgr.Config{Engine: engines.New,
			Pipe: pipe.Config{Tracer: &records},
			Dial: server.Host.Dial})
		m.SetPolicy(wire.EntityClient, simplemsgr.StatelessServer())
		m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			return m.Type == 1
		}))
		l, err := server.Host.Listen(t.Context(), "tcp", "10.0.0.1:6800")
		must(t, err)
		must(t, m.BindListener(l))
		must(t, m.Start())
		c, err := client.Messenger.Connect(m.Inst())
		must(t, err)
		for _, typ := range []uint16{1, 2, 1} {
			must(t, c.Send(&simplemsgr.Message{Type: typ}))
		}
		w.Settle()
		var types []uint16
		for _, e := range trace.Of[trace.Unhandled](records.Records()) {
			types = append(types, e.Header.Type)
		}
		if diff := cmp.Diff([]uint16{2}, types); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		must(t, m.Shutdown(t.Context()))
	})
}
