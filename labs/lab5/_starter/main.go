// This file is the grader's: it says which of your functions answers which question, and what your
// program does when it is started by hand:
//
//	student serve HOST:PORT           a server that keeps sessions and sends back what it gets
//	student call HOST:PORT[/NONCE]    a client that keeps its session and sends pings
//	student ping HOST:PORT[/NONCE]    one ping to a monitor

package main

import (
	"fmt"
	"os"
	"time"
)

// machines are those that the grader has made, by name.
var machines = map[string]*Machine{}

type making struct {
	Machine string `json:"machine"`
	Config  Config `json:"config"`
}

type happening struct {
	Machine string `json:"machine"`
	Now     int64  `json:"now"` // milliseconds
	Event   Event  `json:"event"`
}

type greetings struct {
	Own  Addr `json:"own"`
	Peer Addr `json:"peer"`
}

type numbered struct {
	Message Message `json:"message"`
	Seq     uint64  `json:"seq"`
	Type    uint8   `json:"src_type"`
	Num     int64   `json:"src_num"`
}

func main() {
	if len(os.Args) > 2 {
		if err := onSockets(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	op("server_greeting", func(g greetings) (Hex, error) {
		return ServerGreeting(g.Own, g.Peer), nil
	})
	op("client_greeting", func(g greetings) (Hex, error) { return ClientGreeting(g.Own), nil })
	op("read_server_greeting", func(b Hex) (greetings, error) {
		own, peer, err := ReadServerGreeting(b)
		return greetings{own, peer}, err
	})
	op("read_client_greeting", func(b Hex) (Addr, error) { return ReadClientGreeting(b) })
	op("lower", func(g greetings) (bool, error) { return Lower(g.Own, g.Peer), nil })
	op("connect", func(c Connect) (Hex, error) { return EncodeConnect(c), nil })
	op("reply", func(r Reply) (Hex, error) { return EncodeReply(r), nil })
	op("message", func(n numbered) (Hex, error) {
		return EncodeMessage(n.Message, n.Seq, n.Type, n.Num), nil
	})
	op("machine", func(m making) (any, error) {
		machines[m.Machine] = NewMachine(m.Config)
		return nil, nil
	})
	op("handle", func(h happening) ([]Action, error) {
		return machines[h.Machine].Handle(time.Duration(h.Now)*time.Millisecond, h.Event), nil
	})
	serve()
}
