package decode

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// What docs/protocol.md says about real daemons, held against the captures.

// releases are those of client and server, 14 or 16, in a capture without a hand-made side.
func releases(file string) (client, server int) {
	switch {
	case strings.HasPrefix(file, "mixed-14"):
		return 14, 16
	case strings.HasPrefix(file, "mixed-16"):
		return 16, 14
	case strings.HasPrefix(file, "14"):
		return 14, 14
	}
	return 16, 16
}

var offers = map[int]wire.Features{14: 0x3ffddff8ffecffff, 16: 0x3f01cfbdfffdffff}

// realSide tells whether what is said in a direction comes from a real daemon: in the captures with
// a hand-made side, only the monitor is one.
func realSide(file string, c *Connection, direction capture.Direction) bool {
	if !strings.Contains(file, "-probe-") {
		return true
	}
	monitor := c.Server.Port() == 16789 || c.Server.Port() == 26789
	return monitor == (direction == capture.FromServer)
}

func each(t *testing.T, visit func(file string, c *Connection)) {
	t.Helper()
	for _, r := range recordings(t) {
		for _, c := range Connections(readCapture(t, r.File)) {
			visit(r.File, c)
		}
	}
}

// Which fields a reply fills, by its tag.
func TestRealReplies(t *testing.T) {
	seen := map[wire.Tag]int{}
	each(t, func(file string, c *Connection) {
		_, release := releases(file)
		var connect wire.Connect
		for _, f := range c.Frames {
			if f.Incomplete {
				continue
			}
			if f.Kind == KindConnect {
				connect, _ = wire.DecodeConnect(f.Bytes)
			}
			if f.Kind != KindReply || !realSide(file, c, f.Direction) {
				continue
			}
			r, _ := wire.DecodeConnectReply(f.Bytes)
			seen[r.Tag]++
			opens := r.Tag == wire.TagReady || r.Tag == wire.TagSeq
			at := fmt.Sprintf("%s, connection %d: %v", file, c.Number, r.Tag)
			want := connect.Features & offers[release]
			switch {
			case opens:
				want = offers[release]
			case r.Tag == wire.TagFeatures:
				want = want | 0x401020002040000 // what a monitor requires of a client
			}
			if r.Features != want {
				t.Errorf("%s: features %v, want %v", at, r.Features, want)
			}
			if (r.GlobalSeq != 0) != (opens || r.Tag == wire.TagRetryGlobal) {
				t.Errorf("%s: global_seq %d", at, r.GlobalSeq)
			}
			if (r.ConnectSeq != 0) != (opens || r.Tag == wire.TagRetrySession) {
				t.Errorf("%s: connect_seq %d", at, r.ConnectSeq)
			}
			if opens && r.ConnectSeq != connect.ConnectSeq+1 {
				t.Errorf("%s: connect_seq %d, though the client's is %d", at, r.ConnectSeq,
					connect.ConnectSeq)
			}
			if r.Tag == wire.TagRetryGlobal && r.GlobalSeq < connect.GlobalSeq && release == 14 {
				t.Errorf("%s: global_seq %d, though the client's is %d", at, r.GlobalSeq,
					connect.GlobalSeq)
			}
			if r.ProtocolVersion == 0 || r.Flags != 0 && !opens {
				t.Errorf("%s: protocol %d, flags %d", at, r.ProtocolVersion, r.Flags)
			}
			if r.Tag == wire.TagBadProtoVer == (r.ProtocolVersion == connect.ProtocolVersion) {
				t.Errorf("%s: protocol %d, the client's is %d", at, r.ProtocolVersion,
					connect.ProtocolVersion)
			}
			authorizer := uint32(0)
			switch {
			case connect.AuthorizerProtocol != wire.AuthCephx || r.Tag == wire.TagBadAuthorizer:
			case r.Tag == wire.TagChallengeAuthorizer:
				authorizer = 32
			default: // everything that is decided after the authorizer
				authorizer = 36
			}
			if r.AuthorizerLen != authorizer {
				t.Errorf("%s: authorizer reply of %d bytes, want %d", at, r.AuthorizerLen,
					authorizer)
			}
		}
	})
	for _, tag := range []wire.Tag{
		wire.TagReady, wire.TagResetSession, wire.TagWait, wire.TagRetrySession,
		wire.TagRetryGlobal, wire.TagBadProtoVer,
		wire.TagFeatures, wire.TagSeq, wire.TagChallengeAuthorizer,
	} {
		if seen[tag] == 0 {
			t.Errorf("no real daemon answers %v in the captures, only %v", tag,
				slices.Sorted(maps.Keys(seen)))
		}
	}
}

func TestRealFeaturesAndAddresses(t *testing.T) {
	each(t, func(file string, c *Connection) {
		if strings.Contains(file, "-probe-") {
			return
		}
		client, _ := releases(file)
		for _, f := range c.Frames {
			if f.Kind == KindConnect && !f.Incomplete {
				if w, _ := wire.DecodeConnect(f.Bytes); w.Features != offers[client] {
					t.Errorf("%s, connection %d: a client of release %d offers %v", file, c.Number,
						client, w.Features)
				}
			}
			if f.Kind == KindBanner && f.Direction == capture.FromServer && !f.Incomplete {
				own, _ := wire.DecodeEntityAddr(f.Bytes[9:])
				peer, _ := wire.DecodeEntityAddr(f.Bytes[145:])
				if own.AddrPort() != c.Server || peer.AddrPort() != c.Client || peer.Nonce != 0 {
					t.Errorf("%s, connection %d: %v sees %v", file, c.Number, own, peer)
				}
			}
		}
		// Who sends its banner first: 14.2 waits for the server's, 16.2 may not.
		if clientFirst := firstSpeaker(c) == capture.FromClient; clientFirst && client == 14 {
			t.Errorf("%s, connection %d: a client of 14.2 speaks first", file, c.Number)
		}
	})
}

func firstSpeaker(c *Connection) capture.Direction {
	for direction := range c.Chunks() {
		return direction
	}
	return capture.FromServer
}

// Both releases open a session and go on in their own ways.
func TestRealSessions(t *testing.T) {
	var signed, unsigned, clientFirst int
	acks := map[int]int{} // on lossy sessions, by release of the sender
	each(t, func(file string, c *Connection) {
		if strings.Contains(file, "-probe-") {
			return
		}
		client, server := releases(file)
		if firstSpeaker(c) == capture.FromClient {
			clientFirst++
		}
		var connect wire.Connect
		var reply wire.ConnectReply
		var stamps []string
		var first, firstSeq *Frame
		for _, f := range c.Frames {
			at := fmt.Sprintf("%s, connection %d: %v%s", file, c.Number, f.Direction, f.Name())
			switch {
			case f.Incomplete:
			case f.Kind == KindConnect:
				connect, _ = wire.DecodeConnect(f.Bytes)
			case f.Kind == KindReply:
				reply, _ = wire.DecodeConnectReply(f.Bytes)
				if opensNew := connect.ConnectSeq == 0; opensNew && reply.Lossy() &&
					reply.Tag != map[int]wire.Tag{14: wire.TagReady, 16: wire.TagSeq}[server] &&
					reply.Tag != wire.TagChallengeAuthorizer {
					t.Errorf("%s: a server of %d opens a lossy session with it", at, server)
				}
			case f.Kind == KindSeq:
				if firstSeq == nil {
					firstSeq = f
				}
				if connect.ConnectSeq == 0 && reply.Lossy() && f.Field("in_seq") != Big(0) {
					t.Errorf("%s: %v in a new session", at, f.Field("in_seq"))
				}
			case f.Tag == wire.TagKeepalive2:
				stamps = append(stamps, string(f.Bytes[1:]))
			case f.Tag == wire.TagKeepalive2Ack:
				if len(stamps) == 0 || string(f.Bytes[1:]) != stamps[0] {
					t.Errorf("%s: not the stamp that was sent", at)
				}
				stamps = stamps[1:]
			case f.Tag == wire.TagAck:
				if reply.Lossy() {
					acks[map[capture.Direction]int{capture.FromClient: client,
						capture.FromServer: server}[f.Direction]]++
				}
			case f.Tag == wire.TagMsg:
				flags, sig := f.Field("footer.flags"), f.Field("footer.sig")
				switch {
				case flags == uint8(wire.FooterComplete|wire.FooterSigned) && sig != Hex(0):
					signed++
				case flags == uint8(wire.FooterComplete) && sig == Hex(0):
					unsigned++
				default:
					t.Errorf("%s: flags %v, signature %v", at, flags, sig)
				}
				if f.Field("reserved") != uint16(0) || f.Field("crc") == Hex(0) ||
					f.Field("middle_len") != uint32(0) {
					t.Errorf("%s: %s", at, f.Summary)
				}
			}
			if f.Kind == KindTagged && f.Direction == capture.FromClient && first == nil {
				first = f
			}
		}
		toMonitor := connect.ProtocolVersion == wire.MonServiceProtocolVersion
		if toMonitor && first != nil && first.Tag != wire.TagKeepalive2 {
			t.Errorf("%s, connection %d: a client of a monitor begins with %v", file, c.Number,
				first.Tag)
		}
		if toMonitor && connect.AuthorizerLen != 0 {
			t.Errorf("%s, connection %d: an authorizer for a monitor", file, c.Number)
		}
	})
	if signed < 200 || unsigned < 1000 || clientFirst < 20 {
		t.Errorf("%d signed, %d unsigned messages, %d clients spoke first", signed, unsigned,
			clientFirst)
	}
	if acks[16] != 0 || acks[14] < 300 {
		t.Errorf("acks on lossy sessions, by release: %v", acks)
	}
}
