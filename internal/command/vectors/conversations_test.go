package vectors

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
	"simplemessenger/wire"
)

// conversations takes whole handshakes and whole sessions.
func (c *collector) conversations() {
	sessions := map[string]*Vector{}
	for _, r := range c.recordings {
		for _, connection := range r.connections {
			if connection.Midway || !c.wellFormed(r, connection) {
				continue
			}
			if v, ok := c.handshake(r, connection); ok && c.first(handshake, v.Name) {
				c.files["handshake.json"] = append(c.files["handshake.json"], v)
			}
			v, ok := c.session(r, connection)
			if old := sessions[v.Name]; ok && (old == nil || v.better(old)) {
				sessions[v.Name] = &v
			}
		}
	}
	for _, v := range sessions {
		c.files["session.json"] = append(c.files["session.json"], *v)
	}
	c.constructedConversations()
}

// wellFormed reports whether every frame is one that can be a piece, and the key is known.
func (c *collector) wellFormed(r *recording, connection *decode.Connection) bool {
	for _, f := range connection.Frames {
		if f.Incomplete || len(f.Malformed) > 0 || f.Note != "" {
			return false
		}
	}
	return len(connection.Frames) > 0 && (!proves(connection) || r.key(connection) != nil)
}

// handshake makes a vector of what is said before the session is open.
func (c *collector) handshake(r *recording, connection *decode.Connection) (v Vector, ok bool) {
	var tags []string
	v = c.conversation(handshake, r, connection)
	last, seqs := wire.Tag(0), 0
	for _, f := range connection.Frames {
		switch f.Kind {
		case decode.KindTagged:
			continue // the other side may still be at its number
		case decode.KindReply:
			last, tags = f.Tag, append(tags, f.Tag.String())
		case decode.KindSeq:
			seqs++
		default:
		}
		v.Pieces = append(v.Pieces, c.pieces(f, v.Key)...)
	}
	switch last {
	case wire.TagReady:
		ok = true
	case wire.TagSeq:
		ok = seqs == 2
	case wire.TagWait, wire.TagBadProtoVer, wire.TagFeatures, wire.TagBadAuthorizer:
		ok = connection.Frames[len(connection.Frames)-1].Kind == decode.KindReply
	default:
	}
	v.Name += ": " + strings.Join(tags, ", ")
	return v, ok
}

// session makes a vector of everything that is said on a connection.
func (c *collector) session(r *recording, connection *decode.Connection) (v Vector, ok bool) {
	const most = 6_000 // bytes, of both directions
	v = c.conversation(session, r, connection)
	said, size, signed := map[capture.Direction]bool{}, 0, "unsigned"
	for _, f := range connection.Frames {
		if size += len(f.Bytes); size > most {
			return v, false
		}
		if f.Kind == decode.KindTagged && f.Tag == wire.TagMsg {
			said[f.Direction] = true
			if flags, _ := f.Field("footer.flags").(uint8); wire.FooterFlags(flags)&
				wire.FooterSigned != 0 {
				signed = "signed"
			}
		}
		v.Pieces = append(v.Pieces, c.pieces(f, v.Key)...)
	}
	v.Name += ", " + signed
	return v, len(said) == 2 && len(v.Handmade) == 0
}

// better reports whether v shows more than another session of that kind, or the same in less.
func (v *Vector) better(than *Vector) bool {
	count := func(v *Vector) (tags, size int) {
		seen := map[string]bool{}
		for _, p := range v.Pieces {
			size += len(p.Hex)
			tag := p.From + p.Structure
			if p.Structure == "tagged" {
				tag += wire.Tag(p.Hex[0]).String()
			}
			seen[tag] = true
		}
		return len(seen), size
	}
	tags, size := count(v)
	otherTags, otherSize := count(than)
	return tags > otherTags || tags == otherTags && size < otherSize
}

// conversation begins a vector: everything but the pieces. Its name tells the releases, who is
// called, by which method, and what the caller wants.
func (c *collector) conversation(structure string, r *recording,
	connection *decode.Connection) Vector {
	v := Vector{Structure: structure, Source: r.source(connection)}
	v.Key = r.key(connection)
	for direction, side := range map[capture.Direction]string{capture.FromClient: fromClient,
		capture.FromServer: fromServer} {
		if r.handmade(connection, direction) {
			v.Handmade = append(v.Handmade, side)
		}
	}
	slices.Sort(v.Handmade)
	v.Name = r.setup()
	if len(v.Handmade) > 0 {
		v.Name += fmt.Sprintf(", %s hand-made", strings.Join(v.Handmade, " and "))
	}
	for _, f := range connection.Frames {
		if f.Kind == decode.KindConnect {
			connect, _ := wire.DecodeConnect(f.Bytes)
			method := map[uint32]string{wire.AuthUnknown: "no credentials", wire.AuthNone: "none",
				wire.AuthCephx: "cephx"}[connect.AuthorizerProtocol]
			v.Name += fmt.Sprintf(", from %v, %s, %s", connect.HostType, method,
				map[bool]string{true: "lossy", false: "lossless"}[connect.Lossy()])
			break
		}
	}
	return v
}

// pieces takes a frame apart: credentials are pieces of their own.
func (c *collector) pieces(f *decode.Frame, key []byte) []Piece {
	side, b := sides[f.Direction], f.Bytes
	switch f.Kind {
	case decode.KindBanner:
		return pieces(c.t, key, side, f.Offset, side+"_banner", b)
	case decode.KindConnect:
		connect, _ := wire.DecodeConnect(b)
		authorizer := "authorizer"
		if connect.AuthorizerProtocol != wire.AuthCephx {
			authorizer = "authorizer_none"
		}
		return pieces(c.t, key, side, f.Offset, "connect", b[:wire.ConnectSize], authorizer,
			b[wire.ConnectSize:])
	case decode.KindReply:
		proof := "authorize_reply"
		if f.Tag == wire.TagChallengeAuthorizer {
			proof = "authorize_challenge"
		}
		return pieces(c.t, key, side, f.Offset, "connect_reply", b[:wire.ConnectReplySize], proof,
			b[wire.ConnectReplySize:])
	case decode.KindSeq:
		return pieces(c.t, key, side, f.Offset, "seq", b)
	default:
	}
	if f.Tag == wire.TagMsg {
		return pieces(c.t, key, side, f.Offset, "message", b)
	}
	return pieces(c.t, key, side, f.Offset, "tagged", b)
}

// pieces makes pieces of pairs of a structure and its bytes, one behind the other; those without
// bytes are left out.
func pieces(t testing.TB, key []byte, side string, offset int64, pairs ...any) (all []Piece) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		structure, b := pairs[i].(string), pairs[i+1].([]byte)
		if len(b) == 0 {
			continue
		}
		fields, err := fieldsOf(structure, b, secret(t, key))
		if err != nil {
			t.Fatalf("%s from %s at %d: %v\n%x", structure, side, offset, err, b)
		}
		all = append(all, Piece{From: side, Offset: offset, Structure: structure, Hex: b,
			Fields: marshal(fields)})
		offset += int64(len(b))
	}
	return all
}
