package main

import (
	"encoding/binary"
	"hash/crc32"
)

// Mine are the fields that you keep of a connection.
type Mine struct {
	out      []byte // to be written
	banner   []byte
	connect  []byte
	exchange bool
	asked    bool // the throttle was asked, and has what the state waits for

	header                    []byte
	parts                     [3][]byte
	messages, bytes, dispatch int // taken
}

var little = binary.LittleEndian

// process goes on as far as it can.
func process(c *Conn) {
	flush(c)
	for step(c) {
		flush(c)
	}
	flush(c)
}

// flush offers what is to be written.
func flush(c *Conn) { c.out = c.out[c.Write(c.out):] }

// ended gives back what was taken.
func ended(c *Conn) { giveBack(c) }

func giveBack(c *Conn) {
	m, b, d := c.messages, c.bytes, c.dispatch
	c.messages, c.bytes, c.dispatch = 0, 0, 0
	c.Centre.Messages.Put(m)
	c.Centre.Bytes.Put(b)
	c.Centre.Dispatch.Put(d)
}

func fail(c *Conn) bool {
	giveBack(c)
	c.Close()
	return false
}

// step leaves the state that the connection is in, if what it waits for is there.
func step(c *Conn) bool {
	switch c.State {
	case Accepting:
		if !c.asked {
			c.asked = true
			c.out = c.Banner()
			flush(c)
		}
		if len(c.out) > 0 {
			return false
		}
		c.asked = false
		c.Enter(AcceptingWaitBannerAddr)
		return true
	case AcceptingWaitBannerAddr:
		b, ok := c.Read(145)
		if !ok {
			return false
		}
		if string(b[:9]) != "ceph v027" {
			return fail(c)
		}
		c.banner = b
		c.Enter(AcceptingWaitConnectMsg)
		return true
	case AcceptingWaitConnectMsg:
		b, ok := c.Read(33)
		if !ok {
			return false
		}
		c.connect = b
		c.Enter(AcceptingWaitConnectMsgAuth)
		return true
	case AcceptingWaitConnectMsgAuth:
		if _, ok := c.Read(int(little.Uint32(c.connect[28:]))); !ok {
			return false
		}
		c.out, c.exchange = c.Decide(c.banner, c.connect)
		c.Enter(AcceptingReady)
		return true
	case AcceptingReady:
		if len(c.out) > 0 {
			return false
		}
		if c.exchange {
			c.Enter(AcceptingWaitSeq)
		} else {
			c.Enter(Open)
		}
		return true
	case AcceptingWaitSeq:
		if _, ok := c.Read(8); !ok {
			return false
		}
		c.Enter(Open)
		return true
	default:
		return frame(c)
	}
}

// frame is step in an open session.
func frame(c *Conn) bool {
	switch c.State {
	case Open:
		b, ok := c.Read(1)
		if !ok {
			return false
		}
		next, known := map[byte]State{7: OpenMessageHeader, 8: OpenTagAck, 14: OpenKeepalive2}[b[0]]
		if !known {
			return fail(c)
		}
		c.Enter(next)
	case OpenTagAck:
		if _, ok := c.Read(8); !ok {
			return false
		}
		c.Enter(Open)
	case OpenKeepalive2:
		b, ok := c.Read(8)
		if !ok {
			return false
		}
		c.out = append(append(c.out, 15), b...)
		c.Enter(Open)
	case OpenMessageHeader:
		b, ok := c.Read(53)
		if !ok {
			return false
		}
		if crc(b[:49]) != little.Uint32(b[49:]) {
			return fail(c)
		}
		c.header = b
		c.parts = [3][]byte{}
		c.Enter(OpenMessageThrottleMessage)
	case OpenMessageThrottleMessage:
		if !take(c, c.Centre.Messages, 1) {
			return false
		}
		c.messages = 1
		if size(c) == 0 {
			c.Enter(OpenMessageReadFooterAndDispatch)
		} else {
			c.Enter(OpenMessageThrottleBytes)
		}
	case OpenMessageThrottleBytes:
		if !take(c, c.Centre.Bytes, size(c)) {
			return false
		}
		c.bytes = size(c)
		c.Enter(OpenMessageThrottleDispatchQueue)
	case OpenMessageThrottleDispatchQueue:
		if !take(c, c.Centre.Dispatch, size(c)) {
			return false
		}
		c.dispatch = size(c)
		nextPart(c, 0)
	case OpenMessageReadFront:
		return part(c, 0)
	case OpenMessageReadMiddle:
		return part(c, 1)
	case OpenMessageReadData:
		return part(c, 2)
	case OpenMessageReadFooterAndDispatch:
		return footer(c)
	}
	return true
}

// take asks a throttle once: when process is called again it has been taken.
func take(c *Conn, t *Throttle, n int) bool {
	if c.asked {
		c.asked = false
		return true
	}
	if !c.Take(t, n) {
		c.asked = true
		return false
	}
	return true
}

func length(c *Conn, i int) int { return int(little.Uint32(c.header[22+4*i:])) }
func size(c *Conn) int          { return length(c, 0) + length(c, 1) + length(c, 2) }

// nextPart enters the state of the first part from i on that is not empty.
func nextPart(c *Conn, i int) {
	states := []State{OpenMessageReadFront, OpenMessageReadMiddle, OpenMessageReadData}
	for ; i < 3; i++ {
		if length(c, i) > 0 {
			c.Enter(states[i])
			return
		}
	}
	c.Enter(OpenMessageReadFooterAndDispatch)
}

func part(c *Conn, i int) bool {
	b, ok := c.Read(length(c, i))
	if !ok {
		return false
	}
	c.parts[i] = b
	nextPart(c, i+1)
	return true
}

func footer(c *Conn) bool {
	b, ok := c.Read(13)
	if !ok {
		return false
	}
	for i, p := range c.parts {
		if crc(p) != little.Uint32(b[4*i:]) {
			return fail(c)
		}
	}
	seq := little.Uint64(c.header)
	if seq > c.Session.InSeq {
		c.Session.InSeq = seq
		c.Dispatch(Message{seq, little.Uint64(c.header[8:]), length(c, 0), length(c, 1),
			length(c, 2)})
	}
	c.out = little.AppendUint64(append(c.out, 8), c.Session.InSeq)
	c.Enter(Open)
	giveBack(c)
	return true
}

func crc(b []byte) uint32 {
	return ^crc32.Update(^uint32(0), crc32.MakeTable(crc32.Castagnoli), b)
}
