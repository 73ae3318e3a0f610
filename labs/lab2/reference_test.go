package lab2

import (
	"encoding/json"

	"github.com/pkg/errors"

	"simplemessenger/internal/handshake"
	"simplemessenger/labs/structures"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// reference answers with the library's own rules: what both engines do when a piece is there is in
// internal/handshake and protocol. All that is added is a buffer.
type reference struct{ machine machine }

type machine interface {
	take(b []byte)
	flush() outputs
}

func (*reference) Close() error { return nil }

func (r *reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	switch op {
	case "encode_server_banner":
		return convert(args, func(b structures.ServerBanner) structures.Hex {
			return structures.HexOf(b.Bytes())
		})
	case "encode_connect":
		return convert(args, func(c structures.Connect) structures.Hex {
			return structures.HexOf(c.Bytes())
		})
	case "decode_connect_reply":
		return convert(args, func(b structures.Hex) structures.Reply {
			reply, _ := structures.DecodeReply(b.Bytes())
			return reply
		})
	case "decode_client_banner":
		return convert(args, func(b structures.Hex) structures.ClientBanner {
			banner, _ := structures.DecodeClientBanner(b.Bytes())
			return banner
		})
	case "new_client":
		return convert(args, func(c clientConfig) outputs {
			r.machine = newClient(c)
			return r.machine.flush()
		})
	case "new_server":
		return convert(args, func(c serverConfig) outputs {
			r.machine = newServer(c)
			return r.machine.flush()
		})
	case "receive":
		return convert(args, func(pieces []structures.Hex) (all outputs) {
			for i, p := range pieces {
				r.machine.take(p.Bytes())
				o := r.machine.flush()
				for _, out := range o.Outputs {
					out.Piece = i
					all.Outputs = append(all.Outputs, out)
				}
			}
			return all
		})
	case "answer":
		return convert(args, func(v verdict) outputs {
			s, _ := r.machine.(*serverMachine)
			s.answer(v)
			s.take(nil)
			return s.flush()
		})
	}
	return nil, errors.Errorf("nothing answers %s", op)
}

func convert[A, R any](args json.RawMessage, f func(A) R) (json.RawMessage, error) {
	var a A
	if err := json.Unmarshal(args, &a); err != nil {
		return nil, err
	}
	return json.Marshal(f(a))
}

// buffered is what both machines have: input that is not complete, and output.
type buffered struct {
	buffer []byte
	send   []byte
	events []event
	ended  bool
	open   bool
}

func (m *buffered) flush() outputs {
	if len(m.send) == 0 && len(m.events) == 0 {
		return outputs{}
	}
	o := outputs{Outputs: []output{{Send: structures.HexOf(m.send), Events: m.events}}}
	m.send, m.events = nil, nil
	return o
}

func (m *buffered) tell(e event) { m.events = append(m.events, e) }

func (m *buffered) fault(err error) {
	m.ended = true
	m.tell(event{Kind: kindFault, Reason: err.Error()})
}

// cut takes n bytes, if they are there.
func (m *buffered) cut(n int) ([]byte, bool) {
	if len(m.buffer) < n {
		return nil, false
	}
	b := m.buffer[:n]
	m.buffer = m.buffer[n:]
	return b, true
}

// rest tells what is not for the machine.
func (m *buffered) rest() {
	if len(m.buffer) > 0 {
		m.tell(event{Kind: kindBytes, Bytes: structures.HexOf(m.buffer)})
		m.buffer = nil
	}
}

// banner reports whether size bytes that begin with the banner are there.
func (m *buffered) banner(size int) ([]byte, bool) {
	if len(m.buffer) >= wire.BannerSize {
		if err := handshake.DecodeBanner(m.buffer[:wire.BannerSize]); err != nil {
			m.fault(err)
			return nil, false
		}
	}
	return m.cut(size)
}

// decisionOf is the decision of the library that leads to a verdict.
func decisionOf(v verdict) protocol.Decision {
	d := protocol.Decision{Case: protocol.CaseNew, Tag: wire.Tag(v.Tag), ConnectSeq: v.ConnectSeq,
		GlobalSeq: v.GlobalSeq}
	if v.Resume {
		d.Case, d.Replace = protocol.CaseReconnect, true
	}
	return d
}
