package wire_test

import (
	"errors"
	"testing"

	"simplemessenger/wire"
)

func TestConnectBytes(t *testing.T) {
	c := wire.Connect{
		Features: 0x0102030405060708, HostType: wire.EntityClient, GlobalSeq: 0x11121314,
		ConnectSeq:      0x21222324,
		ProtocolVersion: 0x31323334, AuthorizerProtocol: wire.AuthCephx, AuthorizerLen: 0x41424344,
		Flags: wire.FlagLossy | 0x80,
	}
	want := unhex(t, "0807060504030201 08000000 14131211 24232221 34333231 02000000 44434241 81")
	if got := c.Append(nil); string(got) != string(want) {
		t.Errorf("Append\n got %x\nwant %x", got, want)
	}
	if got, err := wire.DecodeConnect(want); err != nil || got != c {
		t.Errorf("DecodeConnect = %+v, %v, want %+v", got, err, c)
	}
	if !c.Lossy() || (wire.Connect{Flags: 0x80}).Lossy() {
		t.Error("Lossy looks at the wrong bit")
	}
	want[9] = 1 // host_type 0x108
	var decodeError *wire.DecodeError
	if _, err := wire.DecodeConnect(want); !errors.Is(err, wire.ErrInvalid) ||
		!errors.As(err, &decodeError) || decodeError.Offset != 8 {
		t.Errorf("host_type beyond 8 bits: %v", err)
	}
	if wire.AuthUnknown != 0 || wire.AuthNone != 1 || wire.AuthCephx != 2 {
		t.Error("authorizer protocols have other numbers")
	}
}

func TestConnectReplyBytes(t *testing.T) {
	r := wire.ConnectReply{
		Tag: wire.TagRetrySession, Features: 0x0102030405060708, GlobalSeq: 0x11121314,
		ConnectSeq:      0x21222324,
		ProtocolVersion: 0x31323334, AuthorizerLen: 0x41424344, Flags: wire.FlagLossy,
	}
	want := unhex(t, "04 0807060504030201 14131211 24232221 34333231 44434241 01")
	if got := r.Append(nil); string(got) != string(want) {
		t.Errorf("Append\n got %x\nwant %x", got, want)
	}
	if got, err := wire.DecodeConnectReply(want); err != nil || got != r {
		t.Errorf("DecodeConnectReply = %+v, %v, want %+v", got, err, r)
	}
	if !r.Lossy() || (wire.ConnectReply{Flags: 2}).Lossy() {
		t.Error("Lossy looks at the wrong bit")
	}
}

func TestTags(t *testing.T) {
	want := []string{
		1: "READY", 2: "RESETSESSION", 3: "WAIT", 4: "RETRY_SESSION", 5: "RETRY_GLOBAL", 6: "CLOSE",
		7: "MSG", 8: "ACK", 9: "KEEPALIVE",
		10: "BADPROTOVER", 11: "BADAUTHORIZER", 12: "FEATURES", 13: "SEQ", 14: "KEEPALIVE2",
		15: "KEEPALIVE2_ACK", 16: "CHALLENGE_AUTHORIZER",
	}
	for i, name := range want {
		tag := wire.Tag(i)
		if name == "" {
			name = "TAG_0"
		}
		if tag.String() != name || tag.Valid() != (i > 0) {
			t.Errorf("Tag(%d) is %q, valid %v, want %q", i, tag, tag.Valid(), name)
		}
	}
	if tag := wire.Tag(17); tag.Valid() || tag.String() != "TAG_17" {
		t.Errorf("Tag(17) is %q, valid %v", tag, tag.Valid())
	}
}

// The protocol versions that the two real releases answered in BADPROTOVER and in READY.
func TestProtocolVersion(t *testing.T) {
	for _, test := range []struct {
		server, client wire.EntityType
		want           uint32
	}{
		{wire.EntityMon, wire.EntityClient, 15}, {wire.EntityMon, wire.EntityOSD, 15},
		{wire.EntityMon, wire.EntityMDS, 15},
		{wire.EntityMon, wire.EntityMgr, 15}, {wire.EntityMon, 0x40, 15},
		{wire.EntityMon, wire.EntityMon, 13},
		{wire.EntityOSD, wire.EntityClient, 24}, {wire.EntityOSD, wire.EntityMon, 24},
		{wire.EntityOSD, wire.EntityMDS, 24},
		{wire.EntityOSD, wire.EntityMgr, 24}, {wire.EntityOSD, wire.EntityOSD, 10},
		{wire.EntityMDS, wire.EntityClient, 32}, {wire.EntityMDS, wire.EntityOSD, 32},
		{wire.EntityMDS, wire.EntityMDS, 36},
		{wire.EntityMgr, wire.EntityClient, 0}, {wire.EntityMgr, wire.EntityOSD, 0},
		{wire.EntityMgr, wire.EntityMgr, 0},
		{wire.EntityClient, wire.EntityClient, 0}, {wire.EntityClient, wire.EntityOSD, 0},
	} {
		if got := wire.ProtocolVersion(test.server, test.client); got != test.want {
			t.Errorf("ProtocolVersion(%v, %v) = %d, want %d", test.server, test.client, got,
				test.want)
		}
	}
}
