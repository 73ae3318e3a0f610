// This file is the grader's: it says which of your functions answers which question. Your server
// can also be run by hand, with a bug switched on: go run . 127.0.0.1:6800 3

package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

func main() {
	if len(os.Args) > 1 {
		byHand()
		return
	}
	type number struct {
		Bug int `json:"bug"`
	}
	var running *Server
	op("scenario", func(n number) (string, error) { return Scenarios[n.Bug], nil })
	op("serve", func(n number) (string, error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		running = Serve(l, n.Bug)
		return l.Addr().String(), nil
	})
	type requeued struct {
		Queue []uint64 `json:"queue"`
		Sent  []uint64 `json:"sent"`
	}
	op("requeue", func(q requeued) (requeued, error) { // messages by their tid
		e := &session{sent: messages(q.Sent), queue: messages(q.Queue)}
		for i, m := range e.sent {
			m.seq = uint64(i + 1)
		}
		e.outSeq = uint64(len(e.sent))
		requeue(0, e)
		return requeued{tids(e.queue), tids(e.sent)}, nil
	})
	op("stop", func(struct{}) (any, error) {
		running.Close()
		return nil, nil
	})
	serve()
}

func messages(tids []uint64) (all []*message) {
	for _, tid := range tids {
		m := new(message)
		little.PutUint64(m.header[8:], tid)
		all = append(all, m)
	}
	return all
}

func tids(messages []*message) (all []uint64) {
	for _, m := range messages {
		all = append(all, little.Uint64(m.header[8:]))
	}
	return all
}

func byHand() {
	l, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bug := 0
	if len(os.Args) > 2 {
		bug, _ = strconv.Atoi(os.Args[2])
	}
	Serve(l, bug).running.Wait()
}
