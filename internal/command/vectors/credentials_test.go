package vectors

import (
	"encoding/binary"
	"fmt"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
	"simplemessenger/messages"
	"simplemessenger/wire"
)

// credentials takes the first of each kind of everything that cephx says, from connections whose
// key is known.
func (c *collector) credentials() {
	for _, r := range c.recordings {
		for _, connection := range r.connections {
			if r.keyring == nil {
				continue
			}
			c.login(r, connection)
			if key := r.key(connection); key != nil {
				c.authorizers(r, connection, key)
			}
		}
	}
	c.constructedCredentials()
}

// authorizers takes what follows the connects and the replies of a connection.
func (c *collector) authorizers(r *recording, connection *decode.Connection, key []byte) {
	release, peer, after := r.setup(), "", "the first"
	for _, f := range connection.Frames {
		if f.Incomplete || f.Kind != decode.KindConnect && f.Kind != decode.KindReply {
			continue
		}
		source := func(at int) string {
			return fmt.Sprintf("%s, from %s, offset %d", r.source(connection), sides[f.Direction],
				f.Offset+int64(at))
		}
		if f.Kind == decode.KindConnect {
			connect, _ := wire.DecodeConnect(f.Bytes)
			peer = connect.HostType.String()
			c.authorizer(r, f.Bytes[wire.ConnectSize:], key, func(inside string) (string, string) {
				return fmt.Sprintf("%s, %s, %s%s", release, peer, after, inside),
					source(wire.ConnectSize)
			})
			continue
		}
		switch b := f.Bytes[wire.ConnectReplySize:]; f.Tag {
		case wire.TagChallengeAuthorizer:
			after = "with the answer to a challenge"
			c.addKeyed("authorize_challenge", fmt.Sprintf("%s, to %s", release, peer),
				source(wire.ConnectReplySize), b, key)
		case wire.TagReady, wire.TagSeq:
			c.addKeyed("authorize_reply", fmt.Sprintf("%s, to %s, %v", release, peer, f.Tag),
				source(wire.ConnectReplySize), b, key)
		default:
		}
	}
}

func (c *collector) authorizer(r *recording, b, key []byte,
	name func(inside string) (name, source string)) {
	whole, source := name("")
	c.add("authorizer", whole, source, b)
	a, err := cephx.DecodeAuthorizer(b)
	if err != nil {
		c.t.Fatal(err)
	}
	c.addKeyed("authorize", whole, source+", in the authorizer", a.Authorize, key)
	if service, err := r.keyring.ServiceSecret(a.Service, a.Ticket.SecretID); err == nil {
		inside, _ := name(", ticket of those who share a key")
		c.addKeyed("service_ticket_info", inside, source+", in the authorizer", a.Ticket.Blob,
			secretOf(service))
	}
}

// login takes the proof of a login. Its challenges and the proof are in different messages.
func (c *collector) login(r *recording, connection *decode.Connection) {
	var name auth.EntityName
	var challenge uint64
	for _, f := range connection.Frames {
		if f.Kind != decode.KindTagged || f.Tag != wire.TagMsg || f.Incomplete {
			continue
		}
		var h wire.MessageHeader
		if err := h.Decode(f.Bytes[1:]); err != nil {
			c.t.Fatal(err)
		}
		front := f.Bytes[54 : 54+h.FrontLen]
		switch {
		case f.Direction == capture.FromClient && h.Type == uint16(messages.TypeAuth):
			body := front[18:] // behind the prefix of Paxos services
			payload := body[8 : 8+binary.LittleEndian.Uint32(body[4:])]
			if name.Type == 0 {
				initial, err := auth.DecodeInitialRequest(payload)
				if err != nil {
					c.t.Fatal(err)
				}
				name = initial.Name
				continue
			}
			c.proof(r, connection, name, challenge, payload)
			return
		case f.Direction == capture.FromServer && h.Type == uint16(messages.TypeAuthReply) &&
			challenge == 0:
			n := binary.LittleEndian.Uint32(front[16:])
			s, err := cephx.DecodeServerChallenge(front[20 : 20+n])
			if err != nil {
				c.t.Fatal(err)
			}
			challenge = s.Challenge
		}
	}
}

func (c *collector) proof(r *recording, connection *decode.Connection, name auth.EntityName,
	challenge uint64, payload []byte) {
	a, err := cephx.DecodeAuthenticate(payload[cephx.RequestSize:])
	if err != nil {
		c.t.Fatal(err)
	}
	entry, err := r.keyring.Lookup(name)
	if err != nil {
		c.t.Fatal(err)
	}
	le := binary.LittleEndian
	b := le.AppendUint64(le.AppendUint64(le.AppendUint64(nil, challenge), a.ClientChallenge),
		a.Proof)
	c.addKeyed("proof", fmt.Sprintf("%s, %v", r.setup(), name), r.source(connection)+
		", of three messages of the login", b, secretOf(entry.Key))
}

// signatures takes header and footer of signed messages. All releases since 12 sign by the second
// formula; the first one is there for peers without CEPHX_V2.
func (c *collector) signatures() {
	for _, r := range c.recordings {
		for _, connection := range r.connections {
			key := r.key(connection)
			for _, f := range connection.Frames {
				if key == nil || f.Kind != decode.KindTagged || f.Tag != wire.TagMsg ||
					f.Incomplete || len(f.Malformed) > 0 {
					continue
				}
				var h wire.MessageHeader
				if err := h.Decode(f.Bytes[1:]); err != nil {
					c.t.Fatal(err)
				}
				footerAt := len(f.Bytes) - wire.FooterSize
				both := append(f.Bytes[1:54:54], f.Bytes[footerAt:]...)
				name := fmt.Sprintf("%s, %v", r.setup(), messages.Type(h.Type))
				c.addKeyed("signature_v2", name, fmt.Sprintf("%s, from %s, offsets %d and %d",
					r.source(connection), sides[f.Direction], f.Offset+1,
					f.Offset+int64(footerAt)), both, key)
			}
		}
	}
	c.constructedSignatures()
}

// constructedSignatures are of messages with another value in every field.
func (c *collector) constructedSignatures() {
	for structure, features := range map[string]wire.Features{"signature_v1": 0,
		"signature_v2": wire.FeatureCephxV2} {
		for name, seq := range map[string]uint64{"every field": 0x0102030405060708,
			"a seq of 32 bits, otherwise the same": 0x05060708, "another seq": 0x05060709} {
			h := sampleHeader
			h.Seq = seq
			b := h.AppendWithCRC(nil)
			if err := h.Decode(b); err != nil {
				c.t.Fatal(err)
			}
			f := wire.Footer{FrontCRC: 0x01020304, MiddleCRC: 0x11121314, DataCRC: 0x21222324,
				Flags: wire.FooterComplete}
			cephx.NewSecurity(secret(c.t, constructedKey), features).Sign(&h, &f)
			c.addKeyed(structure, name, constructed, f.Append(b), constructedKey)
		}
	}
}
