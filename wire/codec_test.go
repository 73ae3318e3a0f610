package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"simplemessenger/wire"
)

// codec is one decoder with the encoder that belongs to it, in a form in which all of them can be
// tested alike.
type codec struct {
	name string
	size int // of a structure with a fixed size, else 0
	// decode returns what was decoded and the number of bytes used.
	decode func([]byte) (any, int, error)
	// encode is the inverse, for what decode returned.
	encode func(any) []byte
}

func fixed[T any](name string, size int, decode func([]byte) (T, error),
	encode func(T) []byte) codec {
	return codec{name, size,
		func(b []byte) (any, int, error) {
			v, err := decode(b)
			return v, size, err
		},
		func(v any) []byte { return encode(v.(T)) },
	}
}

func variable[T any](name string, decode func([]byte) (T, int, error),
	encode func(T) []byte) codec {
	return codec{name, 0,
		func(b []byte) (any, int, error) {
			v, n, err := decode(b)
			return v, n, err
		},
		func(v any) []byte { return encode(v.(T)) },
	}
}

// anyAddr remembers which of the two encodings an address came in.
type anyAddr struct {
	wire.EntityAddr
	legacy bool
}

var (
	bannerCodec = fixed("banner", wire.BannerSize,
		func(b []byte) (struct{}, error) { return struct{}{}, wire.DecodeBanner(b) },
		func(struct{}) []byte { return wire.AppendBanner(nil) })
	entityNameCodec = fixed("entity_name", wire.EntityNameSize, wire.DecodeEntityName,
		func(v wire.EntityName) []byte { return v.Append(nil) })
	entityAddrCodec = fixed("entity_addr", wire.EntityAddrSize, wire.DecodeEntityAddr,
		func(v wire.EntityAddr) []byte { return v.Append(nil) })
	entityInstCodec = fixed("entity_inst", wire.EntityInstSize, wire.DecodeEntityInst,
		func(v wire.EntityInst) []byte { return v.Append(nil) })
	anyAddrCodec = variable("entity_addr any",
		func(b []byte) (anyAddr, int, error) {
			a, n, err := wire.DecodeEntityAddrAny(b)
			return anyAddr{a, len(b) > 0 && b[0] == 0}, n, err
		},
		func(v anyAddr) []byte {
			if v.legacy {
				return v.Append(nil)
			}
			return v.AppendAddr2(nil)
		})
	addrVecCodec = variable("entity_addrvec", wire.DecodeAddrVec,
		func(v wire.AddrVec) []byte { return v.Append(nil) })
	connectCodec = fixed("connect", wire.ConnectSize, wire.DecodeConnect,
		func(v wire.Connect) []byte { return v.Append(nil) })
	connectReplyCodec = fixed("connect_reply", wire.ConnectReplySize, wire.DecodeConnectReply,
		func(v wire.ConnectReply) []byte { return v.Append(nil) })
	seqCodec = fixed("seq", wire.SeqSize, wire.DecodeSeq,
		func(v uint64) []byte { return wire.AppendSeq(nil, v) })
	timespecCodec = fixed("timespec", wire.TimespecSize, wire.DecodeTimespec,
		func(v wire.Timespec) []byte { return v.Append(nil) })
	headerCodec = fixed("message_header", wire.MessageHeaderSize,
		func(b []byte) (h wire.MessageHeader, err error) { err = h.Decode(b); return h, err },
		func(v wire.MessageHeader) []byte { return v.Append(nil) })
	headerOldCodec = fixed("message_header_old", wire.MessageHeaderOldSize,
		func(b []byte) (h wire.MessageHeaderOld, err error) { err = h.Decode(b); return h, err },
		func(v wire.MessageHeaderOld) []byte { return v.Append(nil) })
	footerCodec = fixed("message_footer", wire.FooterSize,
		func(b []byte) (f wire.Footer, err error) { err = f.Decode(b); return f, err },
		func(v wire.Footer) []byte { return v.Append(nil) })
	footerOldCodec = fixed("message_footer_old", wire.FooterOldSize,
		func(b []byte) (f wire.Footer, err error) { err = f.DecodeOld(b); return f, err },
		func(v wire.Footer) []byte { return v.AppendOld(nil) })
)

var codecs = []codec{
	bannerCodec, entityNameCodec, entityAddrCodec, entityInstCodec, anyAddrCodec, addrVecCodec,
	connectCodec,
	connectReplyCodec, seqCodec, timespecCodec, headerCodec, headerOldCodec, footerCodec,
	footerOldCodec,
}

// failer is what testing.T, testing.F and rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// check holds a decoder to what the package promises for every input: no panic, a proper error or a
// result whose encoding decodes to the same again and does not change any more.
func (c codec) check(t failer, b []byte) {
	t.Helper()
	input := append([]byte(nil), b...)
	v, used, err := c.decode(b)
	if string(input) != string(b) {
		t.Fatalf("%s: decode changed its input", c.name)
	}
	if err != nil {
		if err := properError(err, len(b)); err != nil {
			t.Fatalf("%s: decode %x: %v", c.name, b, err)
		}
		if c.size == 0 && used != 0 {
			t.Fatalf("%s: decode %x: used %d bytes in spite of %v", c.name, b, used, err)
		}
		return
	}
	if used > len(b) || c.size != 0 && used != c.size {
		t.Fatalf("%s: decode %x: used %d bytes of %d", c.name, b, used, len(b))
	}
	encoded := c.encode(v)
	again, used, err := c.decode(encoded)
	if err != nil || used != len(encoded) {
		t.Fatalf("%s: decode again %x: used %d of %d, %v", c.name, encoded, used, len(encoded), err)
	}
	if got, want := fmt.Sprintf("%#v", again), fmt.Sprintf("%#v", v); got != want {
		t.Fatalf("%s: decode again\n got %s\nwant %s", c.name, got, want)
	}
	if stable := c.encode(again); string(stable) != string(encoded) {
		t.Fatalf("%s: encode again\n got %x\nwant %x", c.name, stable, encoded)
	}
}

// properError says what is wrong with an error that a decoder returned for size bytes of input.
func properError(err error, size int) error {
	var decodeError *wire.DecodeError
	if !errors.As(err, &decodeError) {
		return fmt.Errorf("%T is not a *DecodeError: %v", err, err)
	}
	reasons := 0
	for _, reason := range []error{wire.ErrShort, wire.ErrInvalid, wire.ErrTooLarge, wire.ErrCRC} {
		if errors.Is(err, reason) {
			reasons++
		}
	}
	switch {
	case reasons != 1:
		return fmt.Errorf("%d reasons, want one: %v", reasons, err)
	case decodeError.Structure == "" || decodeError.Field == "":
		return fmt.Errorf("no structure or field: %v", err)
	case decodeError.Offset < 0 || decodeError.Offset >= wire.MessageHeaderOldSize:
		return fmt.Errorf("offset out of the structure: %v", err)
	case !errors.Is(err, wire.ErrShort) && decodeError.Offset >= size:
		return fmt.Errorf("offset out of %d bytes of input: %v", size, err)
	}
	return nil
}

// shortAt is the last field of each structure of fixed size, which is what a short input is short
// of.
var shortAt = map[string]string{
	"banner": "text at offset 0", "entity_name": "num at offset 1",
	"entity_addr": "sockaddr at offset 8",
	"entity_inst": "addr at offset 9", "connect": "flags at offset 32",
	"connect_reply": "flags at offset 25",
	"seq":           "seq at offset 0", "timespec": "nsec at offset 4",
	"message_header":     "crc at offset 49",
	"message_header_old": "crc at offset 330", "message_footer": "flags at offset 20",
	"message_footer_old": "flags at offset 12",
}

// Every prefix of a structure of fixed size is short, and nothing behind it is looked at.
func TestDecodersOfFixedSize(t *testing.T) {
	for _, c := range codecs {
		if c.size == 0 {
			continue
		}
		valid := make([]byte, c.size)
		if c.name == "banner" {
			valid = wire.AppendBanner(nil)
		}
		for n := range c.size {
			if _, _, err := c.decode(valid[:n]); !errors.Is(err, wire.ErrShort) ||
				properError(err, n) != nil {
				t.Errorf("%s: %d of %d bytes: %v, want ErrShort", c.name, n, c.size, err)
			} else if !strings.Contains(err.Error(), shortAt[c.name]+": need ") {
				t.Errorf("%s: %v, want %q", c.name, err, shortAt[c.name])
			}
		}
		want, _, err := c.decode(valid)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		got, _, err := c.decode(append(append([]byte(nil), valid...), 0xff, 0xff))
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: with bytes behind it: %v, %v, want %v", c.name, got, err, want)
		}
		if n := len(c.encode(want)); n != c.size {
			t.Errorf("%s: encoded to %d bytes, want %d", c.name, n, c.size)
		}
	}
}

// Append methods must leave alone what is in the slice already.
func TestAppendKeepsWhatIsThere(t *testing.T) {
	prefix := []byte{1, 2, 3}
	var h wire.MessageHeader
	var old wire.MessageHeaderOld
	var f wire.Footer
	for name, b := range map[string][]byte{
		"banner":        wire.AppendBanner(prefix),
		"name":          wire.OSD(1).Append(prefix),
		"addr":          addr("1.2.3.4:5/6").Append(prefix),
		"addr2":         addr("1.2.3.4:5/6").AppendAddr2(prefix),
		"inst":          wire.EntityInst{}.Append(prefix),
		"vec":           wire.AddrVec{{}}.Append(prefix),
		"connect":       wire.Connect{}.Append(prefix),
		"reply":         wire.ConnectReply{}.Append(prefix),
		"seq":           wire.AppendSeq(prefix, 7),
		"timespec":      wire.Timespec{}.Append(prefix),
		"header":        h.Append(prefix),
		"header crc":    h.AppendWithCRC(prefix),
		"header old":    old.Append(prefix),
		"header old cr": old.AppendWithCRC(prefix),
		"footer":        f.Append(prefix),
		"footer old":    f.AppendOld(prefix),
	} {
		if len(b) <= len(prefix) || string(b[:len(prefix)]) != string(prefix) {
			t.Errorf("%s: %x does not begin with %x", name, b, prefix)
		}
	}
}

func addr(s string) wire.EntityAddr {
	a, err := wire.ParseEntityAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}
