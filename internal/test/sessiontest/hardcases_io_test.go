package sessiontest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
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
	"simplemessenger/throttle"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Hard cases of bytes and their limits.

// Every way in which a message can come to nothing, many times: if one of them kept a little of a
// throttle, the last ones would wait for ever.
func TestHardCase21ThrottlesAreGivenBack(t *testing.T) {
	ways := map[string]func(peer *rawpeer.Peer, frame []byte) (ends bool){
		"bad crc": func(peer *rawpeer.Peer, frame []byte) bool {
			frame[len(frame)-30] ^= 1
			peer.Send(frame)
			return true
		},
		"truncated": func(peer *rawpeer.Peer, frame []byte) bool {
			peer.Send(frame[:len(frame)-30])
			peer.Close()
			return true
		},
		"old seq": func(peer *rawpeer.Peer, frame []byte) bool {
			peer.Send(frame)
			peer.Send(frame)
			return false
		},
		"aborted": func(peer *rawpeer.Peer, frame []byte) bool {
			frame[len(frame)-1] = 0
			peer.Send(frame)
			return false
		},
		"discarded": func(peer *rawpeer.Peer, frame []byte) bool {
			peer.Send(frame)
			peer.Close()
			return true
		},
	}
	for name, way := range ways {
		for _, fast := range []bool{false, true} {
			simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
				b := &rawBench{World: w, raw: wire.EntityInst{Name: wire.Client(9),
					Addr: wire.EntityAddr{Nonce: 9}}}
				b.self = w.Endpoint(wire.OSD(0), "10.0.0.1", true)
				b.self.FastDispatch = fast
				policy := simplemsgr.StatelessServer()
				policy.ThrottleBytes = throttle.New("bytes", 1000)
				policy.ThrottleMessages = throttle.New("messages", 3)
				b.self.SetPolicy(wire.EntityClient, policy)
				b.self.Configure = func(c *simplemsgr.Config) { c.Queue.ThrottleBytes = 1000 }
				b.self.Start()
				var peer *rawpeer.Peer
				for i := range 50 {
					if peer == nil {
						peer = b.dial()
						peer.GlobalSeq = uint32(i + 1)
						peer.Open(wire.EntityOSD)
					}
					frame := peer.Message(wire.MessageHeader{Type: 1}, make([]byte, 300),
						make([]byte, 300), make([]byte, 300))
					if way(peer, frame) {
						peer = nil
					}
					b.Settle()
				}
				b.Sleep(time.Minute)
				if !b.self.ThrottlesAtZero() {
					t.Errorf("%s, fast %v: throttles %+v", name, fast,
						b.self.Messenger.Dump().Throttles)
				}
			})
		}
	}
}

// toyAuth is a method of authentication whose signatures anyone can compute: the sum of the
// checksums and a key.
type toyAuth struct{ key uint64 }

type toySession struct{ key uint64 }

func (a *toyAuth) RequiredFeatures(wire.EntityType) wire.Features { return 0 }
func (a *toyAuth) MustProve(wire.EntityType) bool                 { return false }
func (a *toyAuth) Authorizer(wire.EntityType, bool) (auth.Authorizer, error) {
	return toySession{a.key}, nil
}
func (a *toyAuth) NewExchange(wire.EntityAddr) auth.Exchange { return toySession{a.key} }

func (s toySession) Protocol() uint32 { return wire.AuthCephx }
func (s toySession) Bytes() []byte {
	return binary.LittleEndian.AppendUint64(nil, s.key)
}
func (s toySession) AnswerChallenge(_ []byte) error { return nil }
func (s toySession) VerifyReply(_ []byte, _ wire.Features) (auth.Security, error) {
	return s, nil
}
func (s toySession) Verify(auth.Request) auth.Result {
	return auth.Result{Outcome: auth.Accepted, Security: s, Reply: []byte("welcome")}
}
func (s toySession) sum(h *wire.MessageHeader, f *wire.Footer) uint64 {
	return s.key + uint64(h.CRC) + uint64(f.FrontCRC) + uint64(f.MiddleCRC) + uint64(f.DataCRC)
}
func (s toySession) Sign(h *wire.MessageHeader, f *wire.Footer) {
	f.Signature, f.Flags = s.sum(h, f), f.Flags|wire.FooterSigned
}
func (s toySession) Check(h *wire.MessageHeader, f *wire.Footer) error {
	if f.Signature != s.sum(h, f) {
		return fmt.Errorf("signature %#x: %w", f.Signature, auth.ErrBadSignature)
	}
	return nil
}

// Bad signatures again and again, until the key changes: a fault each time, nothing leaks, and the
// new key is used.
func TestHardCase22BadSignatures(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		serverAuth, clientAuth := &toyAuth{key: 1}, &toyAuth{key: 2}
		server.Configure = func(c *simplemsgr.Config) {
			c.AuthServer, c.AuthClient = serverAuth, serverAuth
		}
		client.Configure = func(c *simplemsgr.Config) {
			c.AuthServer, c.AuthClient = clientAuth, clientAuth
		}
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(2))
		faults := func() (n int) {
			for _, f := range trace.Of[trace.Faulted](w.Records.Records()) {
				if errors.Is(f.Err, auth.ErrBadSignature) {
					n++
				}
			}
			return n
		}
		// The sessions begin and end at once; a little time passes only here.
		trap := w.Hold(func(e *simulator.Endpoint, b pipe.Breakpoint) bool {
			return e == client && b.Stage == protocol.StageConnectSendConnect && faults() >= 20
		})
		<-trap.Sprung()
		w.Settle()
		if n := stream.Delivered(); n != 0 {
			t.Errorf("%s: %d messages with a bad signature delivered", pair.Name, n)
		}
		if !server.ThrottlesAtZero() {
			t.Errorf("%s: throttles %+v", pair.Name, server.Messenger.Dump().Throttles)
		}
		clientAuth.key = 1
		trap.Release()
		// This attempt has its credentials already; the next one has new ones.
		stream.AwaitDelivered(2)
		if n := faults(); n > 25 {
			t.Errorf("%s: %d faults", pair.Name, n)
		}
	})
}

// Lengths far too large, in every place where the protocol has one, cost nothing and end the
// socket.
func TestHardCase28AbsurdLengths(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		before := allocatedBytes()
		for range 20 {
			peer := b.dial()
			peer.Greet()
			c := peer.Connect(wire.EntityOSD)
			c.AuthorizerLen = 1<<32 - 1
			peer.Send(c.Append(nil))
			peer.ExpectClosed()
			peer = b.open()
			peer.Send(peer.Header(wire.MessageHeader{Seq: 1, Type: 1, FrontLen: 1<<32 - 1}))
			peer.ExpectClosed()
		}
		if grown := allocatedBytes() - before; grown > 32<<20 {
			t.Errorf("%d bytes allocated", grown)
		}
	})
}

// KEEPALIVE2, several in a row: the prompt ack has the stamp of the latest, and none is forgotten.
func TestHardCase29KeepalivesAreAnswered(t *testing.T) {
	for _, pair := range simulator.Pairs {
		withRawPeer(t, wire.Client(9), pair.Server, func(t *testing.T, b *rawBench) {
			peer := b.dial()
			peer.Open(wire.EntityOSD)
			for round := range uint32(20) {
				var burst []byte
				for i := range uint32(5) {
					burst = wire.Timespec{Sec: round, Nsec: i}.Append(append(burst,
						byte(wire.TagKeepalive2)))
				}
				start := time.Now()
				peer.Send(burst)
				for latest := (wire.Timespec{Sec: round,
					Nsec: 4}); peer.ExpectFrame(wire.TagKeepalive2Ack).Stamp != latest; {
				}
				if time.Since(start) != 0 {
					t.Errorf("%s: the ack took %v", pair.Name, time.Since(start))
				}
				time.Sleep(time.Second)
			}
		})
	}
}

// What was asked on an old socket is not answered on a new one.
func TestHardCase29NoAckOnAnotherSocket(t *testing.T) {
	for _, replaced := range []bool{false, true} {
		withRawPeer(t, wire.Client(9), simplemsgr.StatefulServer(),
			func(t *testing.T, b *rawBench) {
				old := b.dial()
				old.Open(wire.EntityOSD)
				b.Settle()
				trap := b.Hold(simulator.At(b.self, protocol.StageWriteFrames))
				b.send(b.self.Accepted(), "hello")
				<-trap.Sprung()
				old.SendKeepalive2(wire.TagKeepalive2, wire.Timespec{Sec: 1})
				b.Settle()
				if !replaced {
					old.Close()
					b.Settle()
				}
				again := b.dial()
				again.GlobalSeq, again.ConnectSeq = 2, 2
				again.Open(wire.EntityOSD)
				if f := again.ReadFrame(); f.Tag != wire.TagMsg {
					t.Errorf("replaced %v: first frame %v", replaced, f.Tag)
				}
				again.ExpectSilence(time.Second)
			})
	}
}

func TestHardCase29NoAckOnTheNextSocketOfOurs(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		c := b.connect("one")
		old := b.accept()
		old.Accept()
		expectFront(t, old, "one")
		b.Settle()
		trap := b.Hold(simulator.At(b.self, protocol.StageWriteFrames))
		b.send(c, "two")
		<-trap.Sprung()
		old.SendKeepalive2(wire.TagKeepalive2, wire.Timespec{Sec: 1})
		b.Settle()
		old.Close()
		again := b.accept()
		again.Accept()
		if f := again.ReadFrame(); f.Tag != wire.TagMsg {
			t.Errorf("first frame %v", f.Tag)
		}
	})
}

// Our own keepalives on an idle connection.
func TestHardCase29KeepaliveOfOurs(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := client.Connect(server)
		w.Settle()
		for range 10 {
			now := time.Now()
			must(t, c.SendKeepalive())
			w.Settle()
			if got := c.LastKeepaliveAck(); !got.Equal(now) {
				t.Errorf("%s: acked %v, sent %v", pair.Name, got, now)
			}
			if got := server.Accepted().LastKeepalive(); !got.Equal(now) {
				t.Errorf("%s: seen %v, sent %v", pair.Name, got, now)
			}
			w.Sleep(time.Minute)
		}
	})
}

// An orderly close with data on the way in both directions: all of it arrives.
func TestHardCase30CloseLosesNothing(t *testing.T) {
	for _, latency := range []time.Duration{0, 5 * time.Millisecond} {
		for _, slow := range []bool{false, true} {
			for _, pair := range simulator.Pairs {
				simulator.Run(t, memnet.Config{MinLatency: latency, ReadBuffer: 1000},
					func(t *testing.T, w *simulator.World) {
						server, client := pair.Endpoints(w)
						if slow {
							sleep := func(*simplemsgr.Message) {
								time.Sleep(100 * time.Millisecond)
							}
							server.OnMessage, client.OnMessage = sleep, sleep
						}
						server.Start()
						client.Start()
						c := client.Connect(server)
						stream := client.Stream(c)
						must(t, stream.Send(1))
						w.Await("the session", func() bool {
							return server.Accepted() != nil && c.IsConnected()
						})
						back := server.Stream(server.Accepted())
						must(t, back.Send(50))
						must(t, stream.Send(50))
						c.Close()
						if err := stream.Send(1); !errors.Is(err, pipe.ErrClosed) {
							t.Errorf("%s: send after Close: %v", pair.Name, err)
						}
						w.Sleep(time.Minute)
						if got, want := [2]int{stream.Delivered(), back.Delivered()},
							[2]int{51, 50}; got != want {
							t.Errorf("%s, latency %v, slow %v: delivered %v, want %v", pair.Name,
								latency, slow, got, want)
						}
						if diff := cmp.Diff([]string{"connect", "reset"},
							client.Kinds(c)); diff != "" {
							t.Errorf("%s: events (-want +got):\n%s", pair.Name, diff)
						}
					})
			}
		}
	}
}

// Both sides close at the same time.
func TestHardCase30BothClose(t *testing.T) {
	for _, pair := range simulator.Pairs {
		simulator.Run(t, memnet.Config{MinLatency: 5 * time.Millisecond},
			func(t *testing.T, w *simulator.World) {
				server, client := pair.Start(w)
				c := client.Connect(server)
				stream := client.Stream(c)
				must(t, stream.Send(1))
				stream.AwaitDelivered(1)
				back := server.Stream(server.Accepted())
				must(t, back.Send(10))
				must(t, stream.Send(10))
				c.Close()
				server.Accepted().Close()
				w.Sleep(time.Minute)
				if got, want := [2]int{stream.Delivered(), back.Delivered()},
					[2]int{11, 10}; got != want {
					t.Errorf("%s: delivered %v, want %v", pair.Name, got, want)
				}
			})
	}
}

// The sum of the lengths is made in 64 bits.
func TestHardCase31LengthsOverflow(t *testing.T) {
	for _, lengths := range [][3]uint32{{1 << 31, 1 << 31, 5}, {1<<32 - 1, 1, 0},
		{1<<32 - 1, 1<<32 - 1, 2}, {0, 1 << 31, 1 << 31}} {
		withServer(t, simulator.Stateful, func(c *simplemsgr.Config) {
			c.Pipe.MaxMessageSize = 100
		}, func(t *testing.T, b *bench) {
			peer := b.open()
			peer.Send(peer.Header(wire.MessageHeader{Seq: 1, Type: 1, FrontLen: lengths[0],
				MiddleLen: lengths[1], DataLen: lengths[2]}))
			b.expectFault(peer, protocol.StageReadHeader, protocol.ErrMessageTooLarge, "limit 100")
		})
	}
}

// The server closes its listener with the connections: what it had answered before still arrives.
// Over TCP, where resets are real.
func TestHardCase30CloseOverTCP(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 20 {
		got := make(chan string, 1000)
		collect := simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			got <- string(m.Front)
			return true
		})
		a, b := simplemsgr.New(wire.OSD(0), simplemsgr.Config{Engine: engines.New}),
			simplemsgr.New(wire.OSD(1), simplemsgr.Config{Engine: engines.New})
		for _, m := range []*simplemsgr.Messenger{a, b} {
			m.SetPolicy(wire.EntityOSD, simplemsgr.LosslessPeer())
			m.AddDispatcher(collect)
			must(t, m.Bind(ctx, "127.0.0.1:0"))
			must(t, m.Start())
		}
		c, err := a.Connect(b.Inst())
		must(t, err)
		for i := range 100 {
			must(t, c.Send(&simplemsgr.Message{Type: 1, Front: fmt.Appendf(nil, "%d", i),
				Data: make([]byte, 10000)}))
		}
		want := map[string]bool{}
		for i := range 100 {
			want[fmt.Sprint(i)] = true
		}
		for !c.IsConnected() {
			select {
			case front := <-got: // the first ones
				delete(want, front)
			case <-ctx.Done():
				t.Fatal("no connection")
			}
		}
		c.Close()
		for len(want) > 0 {
			select {
			case front := <-got:
				delete(want, front)
			case <-ctx.Done():
				t.Fatalf("%d messages lost", len(want))
			}
		}
		must(t, a.Shutdown(ctx))
		must(t, b.Shutdown(ctx))
	}
}
