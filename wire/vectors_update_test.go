package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
	"simplemessenger/messages"
	"simplemessenger/wire"
)

var update = flag.Bool("update", false, "write testdata/vectors anew from testdata/captures")

// TestUpdateVectors writes the vectors if -update is given, and otherwise checks that they are what
// it would write.
func TestUpdateVectors(t *testing.T) {
	c := collector{t: t, vectors: map[string][]vector{}, seen: map[string]bool{}}
	c.captured()
	c.constructed()
	for structure, vectors := range c.vectors {
		slices.SortFunc(vectors, func(a, b vector) int { return strings.Compare(a.Name, b.Name) })
		var file bytes.Buffer
		file.WriteString("[\n")
		for i, v := range vectors {
			if i > 0 {
				file.WriteString(",\n")
			}
			v.write(&file)
		}
		file.WriteString("\n]\n")
		path := filepath.Join(vectorDir, structure+".json")
		if *update {
			if err := os.MkdirAll(vectorDir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, file.Bytes()) {
			t.Errorf("%s is not what -update would write (%v)", path, err)
		}
	}
}

// write prints a vector with one line for each of its keys.
func (v vector) write(b *bytes.Buffer) {
	fmt.Fprintf(b, " {\n  \"name\": %s,\n  \"structure\": %s,\n  \"source\": %s,\n  \"hex\": "+
		"%s,\n  \"fields\": %s\n }",
		marshal(v.Name), marshal(v.Structure), marshal(v.Source), marshal(v.Hex), v.Fields)
}

type collector struct {
	t       testing.TB
	vectors map[string][]vector
	seen    map[string]bool
}

// add takes a vector unless one of that structure and name is there already.
func (c *collector) add(structure, name, source string, b []byte) {
	c.t.Helper()
	if c.seen[structure+"\x00"+name] {
		return
	}
	fields, err := fieldsOf(structure, b)
	if err != nil {
		c.t.Fatalf("%s, %s: %v", structure, name, err)
	}
	c.seen[structure+"\x00"+name] = true
	c.vectors[structure] = append(c.vectors[structure],
		vector{name, structure, source, hex.EncodeToString(b), json.RawMessage(marshal(fields))})
}

// captured takes the first of each kind of everything from the captures.
func (c *collector) captured() {
	files, err := filepath.Glob("../testdata/captures/*.pcap")
	if err != nil || len(files) == 0 {
		c.t.Fatalf("no captures: %v", err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			c.t.Fatal(err)
		}
		recorded, err := capture.Read(f)
		f.Close()
		if err != nil {
			c.t.Fatal(err)
		}
		handmade := strings.Contains(file, "-probe-") // on one side; what it says proves nothing
		for _, connection := range decode.Connections(recorded) {
			for _, frame := range connection.Frames {
				if handmade && !monitors[map[capture.Direction]uint16{
					capture.FromClient: clientPort(connection),
					capture.FromServer: connection.Server.Port(),
				}[frame.Direction]] {
					continue
				}
				if len(frame.Malformed) == 0 && !frame.Incomplete && frame.Note == "" {
					side := map[capture.Direction]string{capture.FromClient: "client",
						capture.FromServer: "server"}[frame.Direction]
					c.frame(frame, func(at int) string {
						return fmt.Sprintf("%s, connection %d, from %s, offset %d",
							filepath.Base(file), connection.Number, side, frame.Offset+int64(at))
					})
				}
			}
		}
	}
}

// monitors are the ports of the real daemons in the captures with a hand-made side.
var monitors = map[uint16]bool{16789: true, 26789: true}

// clientPort is the port that the client announces in its banner.
func clientPort(c *decode.Connection) uint16 {
	for _, f := range c.Frames {
		if port, ok := f.Field("addr.port").(uint16); ok && f.Direction == capture.FromClient {
			return port
		}
	}
	return 0
}

// offered names the feature sets of the two releases.
func offered(f wire.Features) string {
	switch f {
	case features14:
		return "features of 14.2"
	case features16:
		return "features of 16.2"
	case features14 & features16:
		return "features of both"
	}
	return "features " + f.String()
}

// authorizer names what follows a connect or its reply.
func authorizer(size uint32) string {
	if size == 0 {
		return "no authorizer"
	}
	return fmt.Sprintf("authorizer of %d bytes", size)
}

func (c *collector) frame(f *decode.Frame, source func(at int) string) {
	b := f.Bytes
	switch f.Kind {
	case decode.KindBanner:
		c.banner(f, source)
	case decode.KindConnect:
		w, _ := wire.DecodeConnect(b)
		name := fmt.Sprintf("%v, %s", w.HostType, map[bool]string{true: "lossy",
			false: "lossless"}[w.Lossy()])
		name += map[bool]string{true: ", first", false: ", again"}[w.ConnectSeq == 0]
		c.add("connect", fmt.Sprintf("%s, %s, %s", name, authorizer(w.AuthorizerLen),
			offered(w.Features)), source(0), b[:33])
	case decode.KindReply:
		w, _ := wire.DecodeConnectReply(b)
		name := w.Tag.String()
		if w.Tag == wire.TagReady || w.Tag == wire.TagSeq {
			name += map[bool]string{true: ", lossy", false: ", lossless"}[w.Lossy()]
		}
		c.add("connect_reply", fmt.Sprintf("%s, %s, %s", name, authorizer(w.AuthorizerLen),
			offered(w.Features)), source(0), b[:26])
	case decode.KindSeq:
		n, _ := wire.DecodeSeq(b)
		c.add("seq", map[bool]string{true: "nothing seen yet", false: "something seen"}[n == 0],
			source(0), b)
	case decode.KindTagged:
		if f.Tag == wire.TagMsg {
			c.message(f, source)
			return
		}
		c.add("tagged", f.Tag.String(), source(0), b)
		if f.Tag == wire.TagAck {
			n, _ := wire.DecodeSeq(b[1:])
			c.add("seq", map[bool]string{true: "acknowledged, below 2^16",
				false: "acknowledged, above 2^16"}[n < 1<<16], source(1), b[1:])
		}
		if f.Tag == wire.TagKeepalive2 {
			c.add("timespec", "of a KEEPALIVE2", source(1), b[1:])
		}
	}
}

func (c *collector) banner(f *decode.Frame, source func(at int) string) {
	b := f.Bytes
	c.add("banner", "protocol v1", source(0), b[:9])
	kind := func(at int) string {
		a, _ := wire.DecodeEntityAddr(b[at:])
		name := map[bool]string{true: "port 0", false: "with a port"}[a.Port == 0]
		name += map[bool]string{true: ", nonce 0", false: ", with a nonce"}[a.Nonce == 0]
		if a.IsBlankIP() {
			name += ", blank IP"
		}
		return name
	}
	c.add("entity_addr", "IPv4, "+kind(9), source(9), b[9:145])
	if f.Direction == capture.FromServer {
		c.add("server_banner", kind(9), source(0), b)
		c.add("entity_addr", "IPv4, as the server sees the client", source(145), b[145:281])
		return
	}
	c.add("client_banner", kind(9), source(0), b)
}

// addrVecStart is how a vector of IPv4 addresses begins.
var addrVecStart = regexp.MustCompile(`(?s)\x02[\x01-\x04]\x00\x00\x00\x01\x01\x01\x1c\x00\x00\x00`)

func addrTypes(v wire.AddrVec) string {
	var types []string
	for _, a := range v {
		types = append(types, map[wire.AddrType]string{wire.AddrNone: "none",
			wire.AddrLegacy: "legacy", wire.AddrMsgr2: "msgr2", wire.AddrAny: "any"}[a.Type])
	}
	return strings.Join(types, " and ")
}

func (c *collector) message(f *decode.Frame, source func(at int) string) {
	b := f.Bytes
	var h wire.MessageHeader
	if err := h.Decode(b[1:]); err != nil {
		c.t.Fatal(err)
	}
	kind := messages.Type(h.Type).String()
	c.add("message_header", kind, source(1), b[1:54])
	c.add("entity_name", h.Source.Type.String()+map[bool]string{true: ", without a number",
		false: ""}[h.Source.Num == wire.NumUnknown], source(37), b[37:46])
	footerAt := len(b) - wire.FooterSize
	var footer wire.Footer
	if err := footer.Decode(b[footerAt:]); err != nil {
		c.t.Fatal(err)
	}
	parts := ""
	for name, size := range map[string]uint32{"front": h.FrontLen, "middle": h.MiddleLen,
		"data": h.DataLen} {
		if size > 0 {
			parts += ", " + name
		}
	}
	parts = strings.Join(slices.Sorted(strings.SplitSeq(parts, ", ")), ", ")
	c.add("message_footer", footer.Flags.String()+parts, source(footerAt), b[footerAt:])
	if len(b) <= 300 {
		c.add("message", kind+", "+footer.Flags.String(), source(0), b)
	}
	front := b[54 : 54+h.FrontLen]
	for _, at := range addrVecStart.FindAllIndex(front, -1) {
		v, used, err := wire.DecodeAddrVec(front[at[0]:])
		if err != nil {
			continue
		}
		at := at[0]
		c.add("entity_addrvec", fmt.Sprintf("in %s, %s", kind, addrTypes(v)), source(54+at),
			front[at:at+used])
		_, size, err := wire.DecodeEntityAddrAny(front[at+5:])
		if err != nil {
			c.t.Fatal(err)
		}
		c.add("entity_addr2", fmt.Sprintf("IPv4, %s, %s", addrTypes(v[:1]),
			map[bool]string{true: "blank IP", false: "with an IP"}[v[0].IsBlankIP()]),
			source(54+at+5), front[at+5:at+5+size])
	}
}

// constructed adds what the captures do not have.
func (c *collector) constructed() {
	const source = "constructed"
	six := addr("[2001:db8::1:2]:6789/305419896")
	six.FlowInfo, six.ScopeID = 0x0a0b0c0d, 3
	mapped, blank := addr("[::ffff:10.1.2.3]:6789/1"), wire.EntityAddr{Nonce: 7}
	for name, a := range map[string]wire.EntityAddr{
		"IPv4, every field": addr("10.1.2.3:6789/305419896"), "IPv6, every field": six,
		"IPv6, an IPv4 address mapped": mapped, "no address, with a nonce": blank,
	} {
		c.add("entity_addr", name, source, a.Append(nil))
		c.add("entity_addr2", name, source, a.AppendAddr2(nil))
	}
	v2 := addr("v2:10.1.2.3:3300/0")
	c.add("entity_addr2", "IPv4, msgr2", source, v2.AppendAddr2(nil))
	c.add("entity_addrvec", "empty", source, wire.AddrVec{}.Append(nil))
	c.add("entity_addrvec", "msgr2 and legacy", source,
		wire.AddrVec{v2, addr("10.1.2.3:6789/0")}.Append(nil))
	c.add("entity_addrvec", "legacy IPv6", source, wire.AddrVec{six}.Append(nil))
	inst := wire.EntityInst{Name: wire.OSD(3), Addr: addr("10.1.2.3:6800/17")}
	orig := wire.EntityInst{Name: wire.Client(wire.NumUnknown), Addr: six}
	c.add("entity_inst", "osd", source, inst.Append(nil))
	c.add("entity_inst", "client, IPv6", source, orig.Append(nil))
	c.add("entity_name", "largest number", source, wire.OSD(math.MaxInt64).Append(nil))
	c.add("connect", "every field", source, wire.Connect{
		Features: 0x0102030405060708, HostType: wire.EntityMDS, GlobalSeq: 0x11121314,
		ConnectSeq: 0x21222324, ProtocolVersion: 0x31323334,
		AuthorizerProtocol: 0x41424344, AuthorizerLen: 0x51525354, Flags: 0x61,
	}.Append(nil))
	c.add("connect_reply", "every field", source, wire.ConnectReply{
		Tag: wire.TagReady, Features: 0x0102030405060708, GlobalSeq: 0x11121314,
		ConnectSeq: 0x21222324, ProtocolVersion: 0x31323334,
		AuthorizerLen: 0x51525354, Flags: 0x61,
	}.Append(nil))
	c.add("connect_reply", "BADAUTHORIZER", source, wire.ConnectReply{
		Tag: wire.TagBadAuthorizer, Features: features14,
		ProtocolVersion: wire.OSDServiceProtocolVersion,
	}.Append(nil))
	c.add("seq", "largest", source, wire.AppendSeq(nil, math.MaxUint64))
	c.add("seq", "every byte", source, wire.AppendSeq(nil, 0x0102030405060708))
	c.add("timespec", "largest", source, wire.Timespec{Sec: math.MaxUint32,
		Nsec: 999_999_999}.Append(nil))
	c.add("tagged", "KEEPALIVE", source, []byte{byte(wire.TagKeepalive)})
	h := sampleHeader
	c.add("message_header", "every field", source, h.AppendWithCRC(nil))
	old := wire.MessageHeaderOld{MessageHeader: sampleHeader, Src: inst, OrigSrc: orig,
		ReservedOld: 0x71727374}
	c.add("message_header_old", "every field", source, old.AppendWithCRC(nil))
	old = wire.MessageHeaderOld{}
	c.add("message_header_old", "all zero", source, old.AppendWithCRC(nil))
	f := wire.Footer{FrontCRC: 0x01020304, MiddleCRC: 0x11121314, DataCRC: 0x21222324,
		Signature: 0x3132333435363738, Flags: wire.FooterComplete | wire.FooterNoCRC}
	c.add("message_footer", "every field", source, f.Append(nil))
	c.add("message_footer_old", "every field", source, f.AppendOld(nil))
	f = wire.Footer{Flags: wire.FooterComplete}
	c.add("message_footer_old", "of a message without parts", source, f.AppendOld(nil))
	c.add("crc", "nothing", source, nil)
	c.add("crc", "zeros", source, make([]byte, 32))
	c.add("crc", "one", source, []byte{1})
	c.add("crc", "digits", source, []byte("123456789"))
	c.add("crc", "all ones", source, bytes.Repeat([]byte{0xff}, 32))
	ascending := make([]byte, 256)
	for i := range ascending {
		ascending[i] = byte(i)
	}
	c.add("crc", "every byte", source, ascending)
}
