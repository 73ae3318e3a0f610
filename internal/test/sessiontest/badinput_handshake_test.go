package sessiontest

import (
	"io"
	"os"
	"testing"
	"time"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func TestBadInputWrongBanner(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.dial()
		peer.ExpectGreeting()
		peer.Send([]byte("ceph v026"))
		b.expectFault(peer, protocol.StageAcceptReadBanner, wire.ErrInvalid, "ceph v026")
	})
}

func TestBadInputBannerOfProtocolV2(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.dial()
		peer.ExpectGreeting()
		peer.Send([]byte("ceph v2\n\x10\x00\x01\x00"))
		b.expectFault(peer, protocol.StageAcceptReadBanner, wire.ErrInvalid, "msgr2")
	})
}

func TestBadInputHalfABannerAndSilence(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.dial()
		peer.ExpectGreeting()
		start := time.Now()
		peer.Send([]byte("ceph"))
		b.expectFault(peer, protocol.StageAcceptReadBanner, os.ErrDeadlineExceeded, "read banner")
		if waited := time.Since(start); waited != 30*time.Second {
			t.Errorf("the server waited for %v, want HandshakeTimeout", waited)
		}
	})
}

func TestBadInputDripFedHandshakeIsBoundedAsAWhole(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.dial()
		peer.ExpectGreeting()
		greeting := peer.Greeting()
		for i := range 30 {
			if i > 0 {
				time.Sleep(time.Second)
			}
			peer.Send(greeting[i : i+1])
		}
		time.Sleep(time.Second)
		b.expectFault(peer, protocol.StageAcceptReadBanner, os.ErrDeadlineExceeded, "read banner")
	})
}

func TestBadInputEndWithinTheBanner(t *testing.T) {
	for n := range wire.BannerSize + wire.EntityAddrSize {
		withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
			peer := b.dial()
			peer.ExpectGreeting()
			peer.Send(peer.Greeting()[:n])
			halfClose(t, peer)
			reason := io.ErrUnexpectedEOF
			if n == 0 {
				reason = io.EOF
			}
			b.expectFault(peer, protocol.StageAcceptReadBanner, reason, "read banner")
		})
	}
}

func TestBadInputAbsurdAddressFamily(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.dial()
		peer.ExpectGreeting()
		greeting := peer.Greeting()
		greeting[wire.BannerSize+8], greeting[wire.BannerSize+9] = 0x12, 0x34
		peer.Send(greeting)
		b.expectFault(peer, protocol.StageAcceptReadBanner, wire.ErrInvalid, "address family 4660")
	})
}

func TestBadInputAddressThatIsNotLegacy(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.dial()
		peer.ExpectGreeting()
		greeting := peer.Greeting()
		greeting[wire.BannerSize] = 1
		peer.Send(greeting)
		b.expectFault(peer, protocol.StageAcceptReadBanner, wire.ErrInvalid, "legacy")
	})
}

func TestBadInputAbsurdHostType(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.dial()
		peer.Greet()
		connect := peer.Connect(wire.EntityOSD).Append(nil)
		connect[10] = 0xff
		peer.Send(connect)
		b.expectFault(peer, protocol.StageAcceptReadConnect, wire.ErrInvalid, "host_type")
	})
}

func TestBadInputAuthorizerOfFourGigabytes(t *testing.T) {
	for _, n := range []uint32{64<<10 + 1, 1<<31 - 1, 1<<32 - 1} {
		withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
			peer := b.dial()
			peer.Greet()
			c := peer.Connect(wire.EntityOSD)
			c.AuthorizerLen = n
			before := allocatedBytes()
			peer.Send(c.Append(nil))
			b.expectFault(peer, protocol.StageAcceptReadAuthorizer, protocol.ErrProtocol,
				"authorizer_len")
			if grown := allocatedBytes() - before; grown > 1<<20 {
				t.Errorf("%d bytes were allocated for a claim of %d", grown, n)
			}
		})
	}
}

func TestBadInputEndWithinTheAuthorizer(t *testing.T) {
	withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
		peer := b.dial()
		peer.Greet()
		c := peer.Connect(wire.EntityOSD)
		c.AuthorizerLen = 10
		peer.Send(append(c.Append(nil), "nine byte"...))
		halfClose(t, peer)
		b.expectFault(peer, protocol.StageAcceptReadAuthorizer, io.ErrUnexpectedEOF,
			"authorizer of 10 bytes")
	})
}

func TestBadInputEndWithinTheConnectMessage(t *testing.T) {
	for n := range wire.ConnectSize {
		withServer(t, simulator.Stateful, nil, func(t *testing.T, b *bench) {
			peer := b.dial()
			peer.Greet()
			peer.Send(peer.Connect(wire.EntityOSD).Append(nil)[:n])
			halfClose(t, peer)
			reason := io.ErrUnexpectedEOF
			if n == 0 {
				reason = io.EOF
			}
			b.expectFault(peer, protocol.StageAcceptReadConnect, reason, "read connect")
		})
	}
}

// A peer that connects again and again on the same socket, each time with what is refused.
func TestBadInputConnectWithoutEnd(t *testing.T) {
	for _, test := range []struct {
		change func(*wire.Connect)
		tag    wire.Tag
		kase   protocol.Case
	}{
		{func(c *wire.Connect) {
			c.ProtocolVersion = 99
		}, wire.TagBadProtoVer, protocol.CaseProtocolVersion},
		{func(c *wire.Connect) { c.Features = 0 }, wire.TagFeatures, protocol.CaseFeatures},
		{func(c *wire.Connect) {
			c.ConnectSeq = 7
		}, wire.TagResetSession, protocol.CaseUnknownSession},
	} {
		pair := simulator.Stateful
		pair.Server.FeaturesRequired = wire.FeatureNoSrcAddr
		withServer(t, pair, func(c *simplemsgr.Config) {
			c.Pipe.MaxConnectRounds = 5
		}, func(t *testing.T, b *bench) {
			peer := b.dial()
			peer.Greet()
			for range 5 {
				c := peer.Connect(wire.EntityOSD)
				test.change(&c)
				peer.SendConnect(c)
				peer.ExpectReply(test.tag)
			}
			b.expectFault(peer, protocol.StageAcceptSendReply, protocol.ErrProtocol,
				"5 connect messages without a session")
			decided := 0
			for _, d := range trace.Of[trace.Decided](b.Records.Records()) {
				if d.Case == test.kase && d.Answer == test.tag {
					decided++
				}
			}
			if decided != 5 {
				t.Errorf("%v was decided %d times", test.kase, decided)
			}
		})
	}
}

// The refusals say why, in the trace and in the log.
func TestRefusalsAreExplained(t *testing.T) {
	pair := simulator.Stateful
	pair.Server.FeaturesRequired = wire.FeatureNoSrcAddr
	withServer(t, pair, nil, func(t *testing.T, b *bench) {
		for _, test := range []struct {
			change func(*wire.Connect)
			tag    wire.Tag
			reason string
		}{
			{func(c *wire.Connect) {
				c.ProtocolVersion = 99
			}, wire.TagBadProtoVer, "protocol versions differ: ours 24, theirs 99"},
			{func(c *wire.Connect) { c.Features = 0 }, wire.TagFeatures, "NOSRCADDR"},
		} {
			peer := b.dial()
			peer.Greet()
			c := peer.Connect(wire.EntityOSD)
			test.change(&c)
			peer.SendConnect(c)
			peer.ExpectReply(test.tag)
			line := b.log.last("decided")
			if line["level"] != "WARN" || line["answer"] != test.tag.String() ||
				!contains(line["reason"], test.reason) || !contains(line["peer"], rawHost) {
				t.Errorf("log line %v", line)
			}
			// The same socket may try again.
			peer.SendConnect(peer.Connect(wire.EntityOSD))
			peer.ExpectOpen()
			peer.Close()
		}
	})
}

// halfClose ends the peer's side of the stream.
func halfClose(t *testing.T, peer *rawpeer.Peer) {
	t.Helper()
	if err := peer.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
}
