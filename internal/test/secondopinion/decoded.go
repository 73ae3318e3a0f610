package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"
)

// structure is one thing that was said, as one of the two readers understands it.
type structure struct {
	packet int    // that of its last byte
	name   string // as decode calls it, or nothing
	fields map[string]string

	// Only in ours.
	from   string // client or server
	offset int64
	// unread says that we do not know either: bytes that cannot be assigned, or of which the
	// recording lacks a part.
	unread, malformed bool

	// Only in theirs.
	ports   [2]string // source and destination
	taken   bool      // compared with one of ours
	givenUp bool      // the dissector has given up somewhere in this packet
}

// nothing is the name of what could not be made sense of.
const nothing = "?"

// conversation is a connection, as we understand it.
type conversation struct {
	number      int
	ports       map[string][2]string // source and destination, by who sends
	first, last int                  // packets
	midway      bool
	frames      []*structure
}

// readDecoded reads what decode has printed as JSON.
func readDecoded(r io.Reader) ([]*conversation, error) {
	var all []*conversation
	byNumber := map[int]*conversation{}
	in := json.NewDecoder(r)
	in.UseNumber()
	for {
		var line decodedLine
		if err := in.Decode(&line); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, errors.WithStack(err)
		}
		switch line.Type {
		case "connection":
			c := &conversation{number: line.Connection, first: line.First, last: line.Last,
				midway: line.Midway, ports: map[string][2]string{
					"client": {port(line.Client), port(line.Server)},
					"server": {port(line.Server), port(line.Client)},
				}}
			all, byNumber[c.number] = append(all, c), c
		case "frame":
			c := byNumber[line.Connection]
			c.frames = append(c.frames, line.frame())
		}
	}
}

// decodedLine is a line of what decode prints.
type decodedLine struct {
	Type, Name, From      string
	Client, Server        string
	Connection, Packet    int
	First                 int `json:"first_packet"`
	Last                  int `json:"last_packet"`
	Offset                int64
	Midway                bool
	Malformed, Incomplete any // in the summary numbers
	Fields                []struct {
		Name  string
		Value any
	}
}

func (line *decodedLine) frame() *structure {
	s := &structure{packet: line.Packet, name: line.Name, from: line.From, offset: line.Offset,
		unread: line.Incomplete != nil || line.Name == nothing, malformed: line.Malformed != nil,
		fields: map[string]string{}}
	for _, f := range line.Fields {
		s.fields[f.Name] = fmt.Sprint(f.Value)
	}
	return s
}

func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// isMessage reports whether the structure is a message, and not a reply with the same tag.
func (s *structure) isMessage() bool { return s.fields["front_len"] != "" }
