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
	op("stop", func(struct{}) (any, error) {
		running.Close()
		return nil, nil
	})
	serve()
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
