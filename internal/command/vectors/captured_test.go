package vectors

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
	"simplemessenger/messages"
	"simplemessenger/wire"
)

// captured takes the first of each kind of everything from the captures.
func (c *collector) captured() {
	for _, r := range c.recordings {
		for _, connection := range r.connections {
			for _, frame := range connection.Frames {
				if r.handmade(connection, frame.Direction) || len(frame.Malformed) > 0 ||
					frame.Incomplete || frame.Note != "" {
					continue
				}
				c.frame(frame, func(at int) string {
					return fmt.Sprintf("%s, from %s, offset %d", r.source(connection),
						sides[frame.Direction], frame.Offset+int64(at))
				})
			}
		}
	}
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
