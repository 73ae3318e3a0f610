package main

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// compare judges each frame of a conversation by what the dissector says of the same packet.
func (c *conversation) compare(w io.Writer, theirs map[int][]*structure) (t tally) {
	for i, f := range c.frames {
		if f.unread {
			continue
		}
		s := c.counterpart(i, theirs)
		why := "not seen"
		if s != nil {
			s.taken = true
			why = differences(f, s)
		}
		if why == "" {
			t.agreed++
			t.fields += len(s.fields)
		} else if flaw := c.flaw(i, theirs); flaw != "" {
			t.excuse(flaw)
		} else {
			t.differ(w, "packet %d, connection %d, %s at %d of the %s: %s", f.packet, c.number,
				f.name, f.offset, f.from, why)
		}
	}
	c.compareRest(w, theirs, &t)
	return t
}

// compareRest looks at what the dissector sees and we do not.
func (c *conversation) compareRest(w io.Writer, theirs map[int][]*structure, t *tally) {
	for packet := c.first; packet <= c.last; packet++ {
		for _, s := range theirs[packet] {
			for from, ports := range c.ports {
				if s.ports != ports || s.taken || s.name == nothing {
					continue
				}
				s.taken = true
				if flaw, since := c.outOfStep(from); flaw == "" || packet < since {
					t.differ(w, "packet %d, connection %d: tshark alone sees %s of the %s: %v",
						packet, c.number, s.name, from, s.fields)
				}
			}
		}
	}
}

// counterpart finds what the dissector says of the i-th frame: the first in the same packet with
// that name. It shows two pairs as one, when the second of them is there: the client's banner with
// its connect, and the reply SEQ with the number behind it.
func (c *conversation) counterpart(i int, theirs map[int][]*structure) *structure {
	f := c.frames[i]
	packets := []int{f.packet}
	for _, next := range c.frames[i+1:] {
		if next.from == f.from && (f.name == "BANNER" && next.name == "CONNECT" ||
			f.name == "SEQ" && next.name == "seq") {
			packets = append(packets, next.packet)
			break
		}
	}
	for _, at := range packets {
		for _, s := range theirs[at] {
			if !s.taken && s.name == f.name && s.isMessage() == f.isMessage() {
				return s
			}
		}
	}
	return nil
}

// differences compares the fields that the dissector shows. Of a message whose payload it cannot
// read it does not show the footer.
func differences(ours, theirs *structure) string {
	var all []string
	if least := fewest(ours); len(theirs.fields) < least {
		all = append(all, "tshark shows only "+strconv.Itoa(len(theirs.fields))+" fields")
	}
	for _, name := range slices.Sorted(maps.Keys(theirs.fields)) {
		if a, b := ours.fields[name], theirs.fields[name]; !same(a, b) {
			all = append(all, name+" is "+a+", tshark says "+b)
		}
	}
	return strings.Join(all, ", ")
}

// fewest is how many fields the dissector has to show of a frame, so that nothing passes because
// nothing is compared.
func fewest(f *structure) int {
	switch {
	case f.isMessage():
		return len(headerNames) + len(nodeNames)
	case f.name == "BANNER":
		return 1 + 2 + len(addressNames)
	case f.name == "CONNECT":
		return 1 + len(connectNames)
	case f.fields["connect_seq"] != "": // a reply has neither host_type nor authorizer_protocol
		return 1 + len(connectNames) - 2
	}
	switch f.name {
	case "CLOSE", "KEEPALIVE":
		return 0
	case "KEEPALIVE2", "KEEPALIVE2_ACK":
		return 2
	}
	return 1
}

// same compares numbers in whichever form, and texts.
func same(a, b string) bool {
	x, errA := number(a)
	y, errB := number(b)
	if errA == nil && errB == nil {
		return x == y
	}
	return a == b
}

func number(s string) (uint64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return uint64(n), nil
	}
	return strconv.ParseUint(s, 0, 64)
}
