package conformance

import (
	"net/netip"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// piece is one thing that was read, as its fields.
type piece struct {
	name   string
	fields []field
}

type field struct {
	name  string
	value script.Value
}

func (p *piece) number(name string, n uint64) {
	p.fields = append(p.fields, field{name, script.Number(n)})
}

func (p *piece) text(name, s string) {
	p.fields = append(p.fields, field{name, script.Text(s)})
}

func (p *piece) flag(name string, is bool) {
	n := uint64(0)
	if is {
		n = 1
	}
	p.number(name, n)
}

// set changes a field that is there.
func (p *piece) set(name string, n uint64) {
	for i := range p.fields {
		if p.fields[i].name == name {
			p.fields[i].value = script.Number(n)
		}
	}
}

// get returns the field of that name.
func (p *piece) get(name string) (script.Value, bool) {
	for _, f := range p.fields {
		if f.name == name {
			return f.value, true
		}
	}
	return script.Value{}, false
}

// String returns the piece and its fields, zeros left out.
func (p *piece) String() string {
	s := p.name
	for _, f := range p.fields {
		if f.value == (script.Value{}) || f.value == script.Text("") {
			continue
		}
		s += " " + f.name + "=" + script.Show(f.name, f.value)
	}
	return s
}

func (p *piece) address(prefix string, a wire.EntityAddr) {
	p.number(prefix+".type", uint64(a.Type))
	p.number(prefix+".nonce", uint64(a.Nonce))
	family := uint64(0)
	switch {
	case a.IP.Is4():
		family = 2
	case a.IP.IsValid():
		family = 10
	}
	p.number(prefix+".family", family)
	if a.IP.IsValid() {
		p.text(prefix+".ip", a.IP.String())
	} else {
		p.text(prefix+".ip", "")
	}
	p.number(prefix+".port", uint64(a.Port))
	p.number(prefix+".scope", uint64(a.ScopeID))
}

// setAddress changes a field of an address.
func setAddress(a *wire.EntityAddr, field string, v script.Value) bool {
	switch field {
	case "type":
		a.Type = wire.AddrType(v.Number)
	case "nonce":
		a.Nonce = uint32(v.Number)
	case "port":
		a.Port = uint16(v.Number)
	case "scope":
		a.ScopeID = uint32(v.Number)
	case "ip":
		ip, err := netip.ParseAddr(v.Text)
		if err != nil && v.Text != "" {
			return false
		}
		a.IP = ip
	default:
		return false
	}
	return true
}

func connectPiece(c wire.Connect) *piece {
	p := &piece{name: "connect"}
	p.number("features", uint64(c.Features))
	p.number("host_type", uint64(c.HostType))
	p.number("global_seq", uint64(c.GlobalSeq))
	p.number("connect_seq", uint64(c.ConnectSeq))
	p.number("protocol_version", uint64(c.ProtocolVersion))
	p.number("authorizer_protocol", uint64(c.AuthorizerProtocol))
	p.number("authorizer_len", uint64(c.AuthorizerLen))
	p.number("flags", uint64(c.Flags))
	return p
}

func setConnect(c *wire.Connect, field string, v script.Value) bool {
	switch field {
	case "features":
		c.Features = wire.Features(v.Number)
	case "host_type":
		c.HostType = wire.EntityType(v.Number)
	case "global_seq":
		c.GlobalSeq = uint32(v.Number)
	case "connect_seq":
		c.ConnectSeq = uint32(v.Number)
	case "protocol_version":
		c.ProtocolVersion = uint32(v.Number)
	case "authorizer_protocol":
		c.AuthorizerProtocol = uint32(v.Number)
	case "authorizer_len":
		c.AuthorizerLen = uint32(v.Number)
	case "flags":
		c.Flags = uint8(v.Number)
	default:
		return false
	}
	return true
}

func replyPiece(r wire.ConnectReply) *piece {
	p := &piece{name: "reply"}
	p.number("tag", uint64(r.Tag))
	p.number("features", uint64(r.Features))
	p.number("global_seq", uint64(r.GlobalSeq))
	p.number("connect_seq", uint64(r.ConnectSeq))
	p.number("protocol_version", uint64(r.ProtocolVersion))
	p.number("authorizer_len", uint64(r.AuthorizerLen))
	p.number("flags", uint64(r.Flags))
	return p
}

func setReply(r *wire.ConnectReply, field string, v script.Value) bool {
	switch field {
	case "tag":
		r.Tag = wire.Tag(v.Number)
	case "features":
		r.Features = wire.Features(v.Number)
	case "global_seq":
		r.GlobalSeq = uint32(v.Number)
	case "connect_seq":
		r.ConnectSeq = uint32(v.Number)
	case "protocol_version":
		r.ProtocolVersion = uint32(v.Number)
	case "authorizer_len":
		r.AuthorizerLen = uint32(v.Number)
	case "flags":
		r.Flags = uint8(v.Number)
	default:
		return false
	}
	return true
}
