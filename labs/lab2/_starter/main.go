// This file is the grader's: it says which of your functions answers which question.

package main

import (
	"encoding/hex"
	"errors"
	"runtime"
)

// machine is the one that is asked now.
var machine interface {
	Receive(b []byte) (send []byte, events []Event)
}

func main() {
	op("encode_connect", func(c Connect) (Bytes, error) { return EncodeConnect(c), nil })
	op("decode_connect_reply", func(b Bytes) (ConnectReply, error) { return DecodeConnectReply(b) })
	op("encode_server_banner", func(b ServerBanner) (Bytes, error) {
		return EncodeServerBanner(b), nil
	})
	op("decode_client_banner", func(b Bytes) (ClientBanner, error) { return DecodeClientBanner(b) })
	op("new_client", func(c ClientConfig) (outputs, error) {
		machine = NewClient(c)
		return outputs{}, nil
	})
	op("new_server", func(c ServerConfig) (all outputs, err error) {
		s := NewServer(c)
		machine = s
		all.add(0, s.Start(), nil)
		return all, nil
	})
	op("receive", func(pieces []Bytes) (all outputs, err error) {
		if machine == nil {
			return all, errors.New("no machine was made")
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i, b := range pieces {
			send, events := machine.Receive(b)
			all.add(i, send, events)
		}
		runtime.ReadMemStats(&after)
		if len(pieces) == 1 { // many pieces may be copied many times
			all.Allocated = after.TotalAlloc - before.TotalAlloc
		}
		return all, nil
	})
	op("answer", func(v Verdict) (all outputs, err error) {
		s, ok := machine.(*Server)
		if !ok {
			return all, errors.New("no server was made")
		}
		send, events := s.Answer(v)
		all.add(0, send, events)
		return all, nil
	})
	serve()
}

// Bytes are hexadecimal digits in questions and answers.
type Bytes []byte

// MarshalText returns the digits.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(b)), nil }

// UnmarshalText reads digits.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// output is what a machine gave for one piece of input.
type output struct {
	Piece  int     `json:"piece"`
	Send   Bytes   `json:"send"`
	Events []Event `json:"events"`
}

type outputs struct {
	Outputs   []output `json:"outputs"`
	Allocated uint64   `json:"allocated"`
}

// add keeps a copy, as a socket would have sent it by now.
func (o *outputs) add(piece int, send []byte, events []Event) {
	if len(send) == 0 && len(events) == 0 {
		return
	}
	events = append([]Event(nil), events...)
	for i := range events {
		events[i].Bytes = append(Bytes(nil), events[i].Bytes...)
	}
	o.Outputs = append(o.Outputs, output{piece, append(Bytes(nil), send...), events})
}
