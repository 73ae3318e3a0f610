package monclient

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"simplemessenger/messages"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
)

// command is a command to the monitors under way.
type command struct {
	ctx    context.Context // of the caller, who may have gone
	args   []byte
	input  []byte
	result chan commandResult // one slot
}

type commandResult struct {
	output []byte
	ack    messages.MonCommandAck
	err    error
}

// Command carries a command to the monitors, the text of a JSON object such as
//
//	{"prefix": "osd map", "pool": "data", "object": "greeting", "format": "json"}
//
// and returns its output, and what they say of it to people. input is what "ceph -i" reads; nil for
// none. It waits, over the death of monitors, until there is an answer or ctx ends. A command that
// the monitors refuse is a *CommandError. One that was under way when its monitor died is sent
// again, and may then be carried out twice, as with the ceph command.
func (c *Client) Command(ctx context.Context, args,
	input []byte) (output []byte, status string, err error) {
	cmd := &command{ctx: ctx, args: args, input: input, result: make(chan commandResult, 1)}
	select {
	case c.commands <- cmd:
	case <-c.done:
		return nil, "", ErrClosed
	case <-ctx.Done():
		return nil, "", c.gaveUp(ctx, commandName(args))
	}
	select {
	case r := <-cmd.result:
		switch {
		case r.err != nil:
			return nil, "", r.err
		case r.ack.Result < 0:
			return r.output, r.ack.Status, &CommandError{Code: r.ack.Result, Status: r.ack.Status}
		}
		return r.output, r.ack.Status, nil
	case <-c.done:
		return nil, "", ErrClosed
	case <-ctx.Done():
		return nil, "", c.gaveUp(ctx, commandName(args))
	}
}

// commandName returns of a command what may stand in an error: its prefix. The rest may hold
// secrets.
func commandName(args []byte) string {
	var c struct {
		Prefix string `json:"prefix"`
	}
	if json.Unmarshal(args, &c) != nil || c.Prefix == "" {
		return "a command"
	}
	return fmt.Sprintf("command %q", c.Prefix)
}

// send sends a new command and remembers it until it is answered.
func (s *session) send(cmd *command) error {
	s.c.lastTID++
	s.c.pending[s.c.lastTID] = cmd
	return s.sendCommand(s.c.lastTID, cmd)
}

func (s *session) sendCommand(tid uint64, cmd *command) error {
	m := messages.MonCommand{FSID: s.c.MonMap().FSID, Command: []string{string(cmd.args)}}
	question := request.Encode(&m)
	question.TID, question.Data = tid, cmd.input
	return s.connection.Send(question)
}

// resendCommands sends what the last monitor did not answer, in its order, and forgets those for
// which nobody waits any more.
func (s *session) resendCommands() error {
	for _, tid := range slices.Sorted(maps.Keys(s.c.pending)) {
		cmd := s.c.pending[tid]
		if cmd.ctx.Err() != nil {
			delete(s.c.pending, tid)
			continue
		}
		if err := s.sendCommand(tid, cmd); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) acknowledge(m *simplemsgr.Message) {
	cmd := c.pending[m.TID]
	if cmd == nil {
		return
	}
	delete(c.pending, m.TID)
	r := commandResult{output: m.Data}
	r.err = request.Decode(m, &r.ack)
	cmd.result <- r
}
