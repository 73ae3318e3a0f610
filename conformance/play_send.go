package conformance

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// send writes the piece that a step names: what a well-behaved peer would say, with the fields that
// the step changes.
func (p *play) send(step *script.Step) error {
	if err := p.deadline(step); err != nil {
		return err
	}
	b, err := p.make(step)
	if err != nil {
		return err
	}
	if b, err = p.mangle(step, b); err != nil {
		return err
	}
	if _, found := step.Arg("join"); found {
		p.current.held = append(p.current.held, b...)
		return p.sent(step)
	}
	b = append(p.current.held, b...)
	p.current.held = nil
	if _, found := step.Arg("split"); found {
		for i := range b {
			if err := p.write(b[i : i+1]); err != nil {
				return err
			}
		}
	} else if err := p.write(b); err != nil {
		return err
	}
	return p.sent(step)
}

// mangle damages what is sent: cut=N sends only the first N bytes, each xor=OFFSET:BITS changes
// one.
func (p *play) mangle(step *script.Step, b []byte) ([]byte, error) {
	for _, a := range step.Args {
		if a.Name != "xor" {
			continue
		}
		text := a.Value
		at, bits, _ := strings.Cut(text, ":")
		offset, err := script.Eval("xor", at, p.vars)
		if err != nil {
			return nil, err
		}
		mask, err := strconv.ParseUint(bits, 0, 8)
		if err != nil || offset.Number >= uint64(len(b)) {
			return nil, errors.Errorf("xor=OFFSET:BITS within %d bytes, not %s", len(b), text)
		}
		b[offset.Number] ^= byte(mask)
	}
	if text, found := step.Arg("cut"); found {
		n, err := script.Eval("cut", text, p.vars)
		if err != nil {
			return nil, err
		}
		b = b[:min(n.Number, uint64(len(b)))]
	}
	return b, nil
}

// isMangling tells whether an argument is about the bytes and not about a field.
func isMangling(name string) bool {
	switch name {
	case "xor", "cut", "split", "join", "within", "authorizer", "in_seq":
		return true
	}
	return false
}

func (p *play) write(b []byte) error {
	if n, err := p.current.conn.Write(b); err != nil {
		return &writeError{n: n, of: len(b), err: err}
	}
	return nil
}

// writeError says that the messenger under test does not take what is sent.
type writeError struct {
	n, of int
	err   error
}

func (e *writeError) Unwrap() error { return e.err }
func (e *writeError) Error() string {
	how := "the socket was closed"
	if isTimeout(e.err) {
		how = "nobody read on in time"
	}
	return errors.Errorf("sent %d of %d bytes: %s", e.n, e.of, how).Error()
}

// each calls set with each field that the step changes.
func (p *play) each(step *script.Step, set func(name string, v script.Value) bool) error {
	for _, a := range step.Args {
		if isMangling(a.Name) {
			continue
		}
		v, err := script.Eval(a.Name, a.Value, p.vars)
		if err != nil {
			return err
		}
		if !set(a.Name, v) {
			return errors.Errorf("%s %s has no field %s", step.Verb, step.Word(0), a.Name)
		}
	}
	return nil
}

// make returns the bytes of a piece.
func (p *play) make(step *script.Step) ([]byte, error) {
	switch name := step.Word(0); name {
	case "greeting":
		return p.makeGreeting(step)
	case "connect":
		return p.makeConnect(step)
	case "reply":
		return p.makeReply(step, wire.TagReady)
	case "seq":
		return p.makeNumber(step, nil, p.self.inSeq)
	case "ack":
		return p.makeNumber(step, []byte{byte(wire.TagAck)}, p.self.inSeq)
	case "msg", "header":
		return p.makeMessage(step)
	case "keepalive2", "keepalive2_ack":
		tag := wire.TagKeepalive2
		if name == "keepalive2_ack" {
			tag = wire.TagKeepalive2Ack
		}
		stamp := wire.Timespec{Sec: 1, Nsec: 2}
		err := p.each(step, func(name string, v script.Value) bool {
			switch name {
			case "sec":
				stamp.Sec = uint32(v.Number)
			case "nsec":
				stamp.Nsec = uint32(v.Number)
			default:
				return false
			}
			return true
		})
		return stamp.Append([]byte{byte(tag)}), err
	case "keepalive":
		return []byte{byte(wire.TagKeepalive)}, nil
	case "close":
		return []byte{byte(wire.TagClose)}, nil
	case "bytes":
		return makeBytes(step.Word(1))
	default:
		return nil, errors.Errorf("there is no piece %s", name)
	}
}

// makeBytes takes hexadecimal digits, or text: and a text.
func makeBytes(s string) ([]byte, error) {
	if text, found := strings.CutPrefix(s, "text:"); found {
		return []byte(text), nil
	}
	if n, found := strings.CutPrefix(s, "zeros:"); found {
		n, err := strconv.ParseUint(n, 0, 26)
		return make([]byte, n), err
	}
	b, err := hex.DecodeString(s)
	return b, errors.Wrap(err, "bytes are hexadecimal digits, text:… or zeros:N")
}

func (p *play) makeGreeting(step *script.Step) ([]byte, error) {
	s := p.current
	banner, addr := wire.Banner, p.self.addr
	peer := wire.EntityAddrFromNet(s.conn.RemoteAddr(), 0)
	if !s.dialed && p.listener != nil {
		addr = p.listener.addr
	}
	err := p.each(step, func(name string, v script.Value) bool {
		if field, found := strings.CutPrefix(name, "addr."); found {
			return setAddress(&addr, field, v)
		}
		if field, found := strings.CutPrefix(name, "peer_addr."); found {
			return setAddress(&peer, field, v)
		}
		banner = v.Text
		return name == "banner"
	})
	b := addr.Append([]byte(banner))
	if !s.dialed {
		b = peer.Append(b)
	}
	return b, err
}

func (p *play) makeConnect(step *script.Step) ([]byte, error) {
	k := p.self
	k.globalSeq++
	c := wire.Connect{Features: wire.FeaturesSupported, HostType: k.Type, GlobalSeq: k.globalSeq,
		ConnectSeq: k.nextConnectSeq(), ProtocolVersion: k.ProtocolVersion,
		AuthorizerProtocol: k.AuthorizerProtocol}
	if p.lossy {
		c.Flags = wire.FlagLossy
	}
	authorizer, proves, err := p.credentialsOf(step)
	if proves {
		c.AuthorizerProtocol = wire.AuthCephx
	} else {
		authorizer, err = makeAuthorizer(step, k.Authorizer)
	}
	if err != nil {
		return nil, err
	}
	c.AuthorizerLen = uint32(len(authorizer))
	err = p.each(step, func(name string, v script.Value) bool { return setConnect(&c, name, v) })
	k.globalSeq = c.GlobalSeq
	p.current.offered, p.current.connect, p.current.authorizer = c.Features, c, authorizer
	p.lastAuthorizer = authorizer
	return append(c.Append(nil), authorizer...), err
}

// makeAuthorizer returns the kit's own, or what authorizer=… says.
func makeAuthorizer(step *script.Step, own []byte) ([]byte, error) {
	text, found := step.Arg("authorizer")
	switch {
	case !found || text == "default":
		return own, nil
	case text == "none":
		return nil, nil
	}
	return makeBytes(text)
}

// makeReply returns what a well-behaved server would answer with that tag to the last connect.
func (p *play) makeReply(step *script.Step, tag wire.Tag) ([]byte, error) {
	s, k := p.current, p.self
	r := wire.ConnectReply{Tag: tag, Features: wire.FeaturesSupported,
		ProtocolVersion: s.connect.ProtocolVersion}
	if text, found := step.Arg("tag"); found {
		v, err := script.Eval("tag", text, p.vars)
		if err != nil {
			return nil, err
		}
		r.Tag = wire.Tag(v.Number)
	}
	switch r.Tag {
	case wire.TagReady, wire.TagSeq:
		k.globalSeq++
		r.GlobalSeq, r.ConnectSeq = k.globalSeq, s.connect.ConnectSeq+1
		if p.lossy {
			r.Flags = wire.FlagLossy
		}
	case wire.TagRetrySession:
		r.ConnectSeq = s.connect.ConnectSeq + 1
	case wire.TagRetryGlobal:
		r.GlobalSeq = s.connect.GlobalSeq + 1
	default:
	}
	authorizer, err := s.replyAuthorizer(step, r.Tag)
	if err != nil {
		return nil, err
	}
	r.AuthorizerLen = uint32(len(authorizer))
	err = p.each(step, func(name string, v script.Value) bool { return setReply(&r, name, v) })
	s.offered, s.reply = r.Features, r
	return append(r.Append(nil), authorizer...), err
}

func (p *play) makeNumber(step *script.Step, b []byte, seq uint64) ([]byte, error) {
	err := p.each(step, func(name string, v script.Value) bool {
		seq = v.Number
		return name == "seq"
	})
	return wire.AppendSeq(b, seq), err
}

// typePing is MPing, which has no payload; servers that answer it, answer with the same.
const typePing = 2

func (p *play) makeMessage(step *script.Step) ([]byte, error) {
	m := &message{header: wire.MessageHeader{Seq: p.self.outSeq + 1, Type: typePing, Version: 1,
		Priority: wire.PriorityDefault, Source: p.self.name, CompatVersion: 1},
		footer:    wire.Footer{Flags: wire.FooterComplete},
		oldFooter: !p.current.features.Has(wire.FeatureMsgAuth)}
	later := make(map[string]script.Value)
	word := ""
	if text, found := step.Arg("sig"); found && slices.Contains(signs, text) {
		word, step = text, step.Without("sig")
	}
	m.sign = func(h *wire.MessageHeader, f *wire.Footer) error {
		err := p.current.sign(h, f, word)
		if v, found := later["flags"]; found {
			f.Flags = wire.FooterFlags(v.Number)
		}
		return err
	}
	err := p.each(step, func(name string, v script.Value) bool {
		switch name {
		case "front_crc", "middle_crc", "data_crc", "sig", "flags":
			later[name] = v
			return true
		}
		return m.set(name, v)
	})
	for name, v := range later {
		m.setFooter(name, v)
	}
	if v, found := later["sig"]; found {
		m.sign = func(_ *wire.MessageHeader, f *wire.Footer) error {
			f.Signature = v.Number
			return nil
		}
	}
	p.self.outSeq = max(p.self.outSeq, m.header.Seq)
	b, failed := m.bytes()
	if failed != nil {
		return nil, failed
	}
	if step.Word(0) == "header" {
		b = b[:1+wire.MessageHeaderSize]
	}
	return b, err
}

// sent takes over what a piece that was written means for the session.
func (p *play) sent(step *script.Step) error {
	s := p.current
	if step.Word(0) != "reply" || s.open {
		return nil
	}
	switch s.reply.Tag {
	case wire.TagReady, wire.TagSeq:
		s.open = true
		s.features = s.reply.Features & s.connect.Features
		if s.judge.proven() {
			s.security = newSecurity(s.judge.ticket.SessionKey, s.features)
			s.older = newSecurity(s.judge.ticket.SessionKey, s.features&^wire.FeatureCephxV2)
		}
		p.self.session, p.self.connectSeq = true, s.reply.ConnectSeq
	default:
	}
	return nil
}
