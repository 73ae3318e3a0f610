// This file is the grader's: it says which of your functions answers which question.

package main

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"runtime/debug"
)

func main() {
	encoder("entity_name", EncodeEntityName)
	decoder("entity_name", DecodeEntityName)
	encoder("entity_addr", EncodeEntityAddr)
	decoder("entity_addr", DecodeEntityAddr)
	encoder("server_banner", EncodeServerBanner)
	decoder("server_banner", DecodeServerBanner)
	encoder("client_banner", EncodeClientBanner)
	decoder("client_banner", DecodeClientBanner)
	encoder("connect", EncodeConnect)
	decoder("connect", DecodeConnect)
	encoder("connect_reply", EncodeConnectReply)
	decoder("connect_reply", DecodeConnectReply)
	encoder("message_header", EncodeMessageHeader)
	decoder("message_header", DecodeMessageHeader)
	encoder("message_footer", EncodeFooter)
	decoder("message_footer", DecodeFooter)
	encoder("message_footer_old", EncodeOldFooter)
	decoder("message_footer_old", DecodeOldFooter)
	encoder("frame", EncodeFrame)
	decoder("frame", DecodeFrame)
	op("compute_checksum", func(q struct {
		Seed  uint32 `json:"seed"`
		Bytes string `json:"bytes"`
	}) (uint32, error) {
		b, err := hex.DecodeString(q.Bytes)
		return CRC(q.Seed, b), err
	})
	op("encode_message", func(m message) (string, error) {
		return hex.EncodeToString(EncodeMessage(m.Header, digits(m.Front), digits(m.Middle),
			digits(m.Data))), nil
	})
	decoder("message", func(b []byte) (message, error) {
		m, err := DecodeMessage(b, MaxParts)
		return message{m.Header, hex.EncodeToString(m.Front), hex.EncodeToString(m.Middle),
			hex.EncodeToString(m.Data), m.Footer}, err
	})
	serve()
}

// message is a Message whose parts are hexadecimal digits.
type message struct {
	Header MessageHeader `json:"header"`
	Front  string        `json:"front"`
	Middle string        `json:"middle"`
	Data   string        `json:"data"`
	Footer Footer        `json:"footer"`
}

func digits(s string) []byte {
	b, _ := hex.DecodeString(s)
	return b
}

func encoder[T any](name string, encode func(T) []byte) {
	op("encode_"+name, func(v T) (string, error) { return hex.EncodeToString(encode(v)), nil })
}

// decoded is what a decoder has said, or the panic in which it has ended, and how many bytes of
// memory it took meanwhile.
type decoded[T any] struct {
	Value     T      `json:"value"`
	Error     string `json:"error"`
	Panic     string `json:"panic"`
	Allocated uint64 `json:"allocated"`
}

func decoder[T any](name string, decode func([]byte) (T, error)) {
	op("decode_"+name, func(text string) (d decoded[T], err error) {
		b, err := hex.DecodeString(text)
		if err != nil {
			return d, err
		}
		defer func() {
			if p := recover(); p != nil {
				d.Panic = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
		}()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, failed := decode(b)
		runtime.ReadMemStats(&after)
		d.Allocated = after.TotalAlloc - before.TotalAlloc
		if failed == nil {
			d.Value = v
			return d, nil
		}
		if d.Error = failed.Error(); d.Error == "" {
			d.Error = "an error without a text"
		}
		return d, nil
	})
}
