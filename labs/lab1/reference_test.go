package lab1

import (
	"encoding/json"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/labs/structures"
	"simplemessenger/wire"
)

// reference answers with the library's own code.
type reference struct{}

func (reference) Close() error { return nil }

func (reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	switch strings.SplitN(op, "_", 2)[1] {
	case "entity_name":
		return answer(op, args, structures.Name.Bytes, structures.DecodeName)
	case "entity_addr":
		return answer(op, args, structures.Addr.Bytes, structures.DecodeAddr)
	case "server_banner":
		return answer(op, args, structures.ServerBanner.Bytes, structures.DecodeServerBanner)
	case "client_banner":
		return answer(op, args, structures.ClientBanner.Bytes, structures.DecodeClientBanner)
	case "connect":
		return answer(op, args, structures.Connect.Bytes, structures.DecodeConnect)
	case "connect_reply":
		return answer(op, args, structures.Reply.Bytes, structures.DecodeReply)
	case "message_header":
		return answer(op, args, structures.Header.Bytes, structures.DecodeHeader)
	case "message_footer":
		return answer(op, args, structures.Footer.Bytes, structures.DecodeFooter)
	case "message_footer_old":
		return answer(op, args, structures.Footer.OldBytes, structures.DecodeOldFooter)
	case "frame":
		return answer(op, args, structures.Frame.Bytes, structures.DecodeFrame)
	case "message":
		return answer(op, args, func(m structures.Message) []byte { return m.Complete().Bytes() },
			func(b []byte) (structures.Message, error) {
				return structures.DecodeMessage(b, MaxParts)
			})
	case "checksum":
		var q struct {
			Seed  uint32         `json:"seed"`
			Bytes structures.Hex `json:"bytes"`
		}
		if err := json.Unmarshal(args, &q); err != nil {
			return nil, err
		}
		return json.Marshal(wire.CRC(q.Seed, q.Bytes.Bytes()))
	}
	return nil, errors.Errorf("nothing answers %s", op)
}

func answer[T any](op string, args json.RawMessage, encode func(T) []byte,
	decode func([]byte) (T, error)) (json.RawMessage, error) {
	if strings.HasPrefix(op, "encode_") {
		var v T
		if err := json.Unmarshal(args, &v); err != nil {
			return nil, err
		}
		return json.Marshal(structures.HexOf(encode(v)))
	}
	var digits structures.Hex
	if err := json.Unmarshal(args, &digits); err != nil {
		return nil, err
	}
	var d decoded[T]
	var err error
	if d.Value, err = decode(digits.Bytes()); err != nil {
		d.Error = err.Error()
	}
	return json.Marshal(d)
}
