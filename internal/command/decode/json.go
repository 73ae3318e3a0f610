package decode

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"net/netip"
	"time"

	"simplemessenger/internal/command/capture"
)

// jsonPrinter writes one JSON object per line: a connection, then its frames, and a summary at the
// end. The key "type" tells them apart.
//
// Numbers of 64 bits are strings of decimal digits, sets of bits and checksums strings with 0x.
type jsonPrinter struct {
	w       io.Writer
	options Options
}

type jsonConnection struct {
	Type        string          `json:"type"`
	Number      int             `json:"connection"`
	Client      *netip.AddrPort `json:"client,omitempty"`
	Server      *netip.AddrPort `json:"server,omitempty"`
	FirstPacket int             `json:"first_packet,omitempty"`
	LastPacket  int             `json:"last_packet,omitempty"`
	Midway      bool            `json:"midway,omitempty"`
	Protocol    string          `json:"protocol"`
}

type jsonFrame struct {
	Type       string      `json:"type"`
	Connection int         `json:"connection"`
	From       string      `json:"from"`
	Time       *time.Time  `json:"time,omitempty"`
	Packet     int         `json:"packet,omitempty"`
	Offset     int64       `json:"offset"`
	Size       int         `json:"size"`
	Name       string      `json:"name"`
	Summary    string      `json:"summary,omitempty"`
	Fields     []jsonField `json:"fields,omitempty"`
	Malformed  []string    `json:"malformed,omitempty"`
	Incomplete bool        `json:"incomplete,omitempty"`
	Note       string      `json:"note,omitempty"`
	Hex        string      `json:"hex,omitempty"`
}

type jsonField struct {
	Name   string `json:"name"`
	Offset int    `json:"offset"`
	Size   int    `json:"size"`
	Value  any    `json:"value"`
	Text   string `json:"text,omitempty"`
}

type jsonSummary struct {
	Type        string `json:"type"`
	Connections int    `json:"connections"`
	Frames      int    `json:"frames"`
	Malformed   int    `json:"malformed"`
	Incomplete  int    `json:"incomplete"`
	Other       int    `json:"other"`
	CutOff      bool   `json:"cut_off,omitempty"`
}

func (p *jsonPrinter) line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = p.w.Write(append(b, '\n'))
	return err
}

func (p *jsonPrinter) connection(c *Connection) error {
	out := jsonConnection{Type: "connection", Number: c.Number, Protocol: c.Protocol}
	if c.Protocol == "" {
		out.Protocol = "v1"
	}
	if c.Connection != nil {
		out.Client, out.Server, out.Midway = &c.Client, &c.Server, c.Midway
		out.FirstPacket, out.LastPacket = c.FirstPacket, c.LastPacket
	}
	return p.line(out)
}

func (p *jsonPrinter) frame(c *Connection, f *Frame) error {
	out := jsonFrame{
		Type: "frame", Connection: c.Number, From: "client", Packet: f.Packet, Offset: f.Offset,
		Size: len(f.Bytes),
		Name: f.Name(), Summary: f.Summary, Incomplete: f.Incomplete, Note: f.Note,
	}
	if f.Direction == capture.FromServer {
		out.From = "server"
	}
	if !f.Time.IsZero() {
		at := f.Time.UTC()
		out.Time = &at
	}
	for _, field := range f.Fields {
		out.Fields = append(out.Fields, jsonField(field))
	}
	for _, err := range f.Malformed {
		out.Malformed = append(out.Malformed, err.Error())
	}
	if p.options.HexDump {
		out.Hex = hex.EncodeToString(f.Bytes)
	}
	return p.line(out)
}

func (p *jsonPrinter) summary(s Summary) error {
	return p.line(jsonSummary{"summary", s.Connections, s.Frames, s.Malformed, s.Incomplete,
		s.Other, s.CutOff})
}
