package decode

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"simplemessenger/wire"
)

// fieldFault says what is wrong with the list of fields of a frame: each must have the value that
// stands at its place, and there must be no gaps, apart from the zeros behind an address.
func fieldFault(f *Frame) error {
	end := 0
	for i, field := range f.Fields {
		if field.Offset != end && !strings.HasPrefix(f.Fields[max(i-1, 0)].Name,
			addressPrefix(f.Fields, i)) {
			return fmt.Errorf("%s at %d, though the field before it ends at %d", field.Name,
				field.Offset, end)
		}
		end = field.Offset + field.Size
		b := f.Bytes[field.Offset:end]
		var at uint64
		if len(b) <= 8 {
			at = binary.LittleEndian.Uint64(append(slices.Clone(b), make([]byte, 8-len(b))...))
		}
		bigEndian := strings.HasSuffix(field.Name, "family") ||
			strings.HasSuffix(field.Name, "port")
		var value uint64
		switch v := field.Value.(type) {
		case uint8:
			value = uint64(v)
		case uint16:
			value = uint64(v)
			if bigEndian {
				at = uint64(binary.BigEndian.Uint16(b))
			}
		case uint32:
			value = uint64(v)
		case Hex:
			value = uint64(v)
		case Big:
			value = uint64(v)
		case SignedBig:
			value = uint64(v)
		case string:
			if a, err := netip.ParseAddr(v); err == nil && string(a.AsSlice()) != string(b) ||
				err != nil && v != string(b) && v != fmt.Sprintf("%d bytes", field.Size) {
				return fmt.Errorf("%s is %q, its bytes are %x", field.Name, v, b)
			}
			continue
		default:
			return fmt.Errorf("%s has a value of type %T", field.Name, v)
		}
		if width := map[bool]int{true: 8}[value > 1<<32-1]; value != at || width > field.Size {
			return fmt.Errorf("%s is %d, at its place stands %d", field.Name, value, at)
		}
	}
	if end != len(f.Bytes) && f.Kind != KindBanner {
		return fmt.Errorf("the fields end at %d of %d", end, len(f.Bytes))
	}
	return nil
}

// addressPrefix is the common prefix of the address that ends before field i, or something that no
// field has.
func addressPrefix(fields []Field, i int) string {
	if i > 0 {
		if at := strings.LastIndex(fields[i-1].Name, "addr."); at >= 0 {
			return fields[i-1].Name[:at+len("addr.")]
		}
	}
	return "\x00"
}

func TestFieldsAreWhatTheBytesAre(t *testing.T) {
	frames := 0
	check := func(at string, f *Frame) {
		frames++
		if err := fieldFault(f); err != nil {
			t.Errorf("%s: %v%s: %v", at, f.Direction, f.Name(), err)
		}
	}
	each(t, func(file string, c *Connection) {
		for _, f := range c.Frames {
			if !f.Incomplete && f.Kind != KindUnknown {
				check(fmt.Sprintf("%s, connection %d", file, c.Number), f)
			}
		}
	})
	six := serverAddr
	six.IP, six.FlowInfo, six.ScopeID = addrPort("[2001:db8::1]:1").Addr(), 0x01020304, 0x11121314
	old := wire.MessageHeaderOld{
		MessageHeader: wire.MessageHeader{Seq: 1 << 40, TID: 1<<40 + 1, Type: 2, Priority: 3,
			Version: 4, FrontLen: 1, MiddleLen: 1, DataLen: 1, DataOff: 5},
		Src:         wire.EntityInst{Name: wire.OSD(1), Addr: six},
		OrigSrc:     wire.EntityInst{Name: wire.Mon(-1), Addr: wire.EntityAddr{Nonce: 9}},
		ReservedOld: 6,
	}
	footer := wire.Footer{Flags: wire.FooterComplete | wire.FooterNoCRC}
	s := newScript(t, NewDecoder).server(six.Append(six.Append(wire.AppendBanner(nil)))).client(
		six.Append(wire.AppendBanner(nil)), connect(1, "ab")).
		server(reply(wire.TagSeq, 1, "cd"), seq(1<<50)).client(seq(2)).
		client(footer.AppendOld(append(old.AppendWithCRC([]byte{7}), 0, 0, 0)),
			message(1, "a", "b", "c", wire.FooterOldSize)).
		client(tagged(wire.TagKeepalive2, wire.Timespec{Sec: 0x01020304,
			Nsec: 0x11121314}.Append(nil)...))
	s.want("<BANNER >BANNER >CONNECT <SEQ <seq >seq >MSG >MSG >KEEPALIVE2")
	for _, f := range s.frames {
		check("constructed", f)
	}
	if frames < 4000 {
		t.Errorf("only %d frames", frames)
	}
}
