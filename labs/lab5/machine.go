package lab5

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"simplemessenger/wire"
)

// addr is an address as questions have it.
type addr struct {
	IP    string `json:"ip"`
	Port  uint16 `json:"port"`
	Nonce uint32 `json:"nonce"`
}

// wire returns it as it is on the wire.
func (a addr) wire() wire.EntityAddr {
	ip, err := netip.ParseAddr(a.IP)
	if err != nil {
		return wire.EntityAddr{Nonce: a.Nonce, Port: a.Port}
	}
	return wire.NewEntityAddr(netip.AddrPortFrom(ip, a.Port), a.Nonce)
}

type policy struct {
	Lossy      bool `json:"lossy"`
	Server     bool `json:"server"`
	Standby    bool `json:"standby"`
	ResetCheck bool `json:"resetcheck"`
}

// The policies that machines are asked to have.
var (
	losslessClient  = policy{ResetCheck: true}
	lossyClient     = policy{Lossy: true}
	losslessPeer    = policy{Standby: true}
	statefulServer  = policy{Server: true, Standby: true, ResetCheck: true}
	statelessServer = policy{Lossy: true, Server: true}
)

type config struct {
	Own      addr   `json:"own"`
	Peer     addr   `json:"peer"`
	Type     uint32 `json:"type"`
	Num      int64  `json:"num"`
	Policy   policy `json:"policy"`
	Version  uint32 `json:"version"`
	Features uint64 `json:"features"`
}

// Two OSDs, of which the first has the lower address: the lowest byte of the nonce decides first.
var (
	lowerAddr  = addr{"10.0.0.9", 6804, 256}
	higherAddr = addr{"10.0.0.1", 6800, 1}
)

// osdVersion is the protocol_version between two OSDs.
const osdVersion = 10

// configured is how an OSD with the higher address is with one with the lower.
func configured(p policy) config {
	return config{Own: higherAddr, Peer: lowerAddr, Type: uint32(wire.EntityOSD), Num: 3, Policy: p,
		Version: osdVersion, Features: uint64(wire.FeaturesSupported)}
}

// swapped is the other one's.
func (c config) swapped() config {
	c.Own, c.Peer = c.Peer, c.Own
	c.Num = 4
	return c
}

// digits are bytes as hexadecimal digits.
type digits []byte

func (d digits) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d)), nil }

func (d *digits) UnmarshalText(b []byte) (err error) {
	*d, err = hex.DecodeString(string(b))
	return err
}

type message struct {
	Type     uint16 `json:"type"`
	TID      uint64 `json:"tid"`
	Priority uint16 `json:"priority"`
	Version  uint16 `json:"version"`
	Front    digits `json:"front"`
	Middle   digits `json:"middle"`
	Data     digits `json:"data"`
}

// numbered returns the message with that number: tid, and text in its front, say which it is.
func numbered(id int) message {
	return message{Type: 1000, TID: uint64(id), Priority: wire.PriorityDefault, Version: 1,
		Front: digits(fmt.Sprintf("message %d", id))}
}

// frame returns the bytes of a message with a sequence number.
func (m message) frame(seq uint64, src wire.EntityName) []byte {
	h := wire.MessageHeader{Seq: seq, TID: m.TID, Type: m.Type, Priority: m.Priority,
		Version: m.Version, CompatVersion: m.Version, FrontLen: uint32(len(m.Front)),
		MiddleLen: uint32(len(m.Middle)), DataLen: uint32(len(m.Data)), Source: src}
	b := h.AppendWithCRC([]byte{byte(wire.TagMsg)})
	for _, part := range []digits{m.Front, m.Middle, m.Data} {
		b = append(b, part...)
	}
	f := wire.Footer{FrontCRC: wire.CRC(0, m.Front), MiddleCRC: wire.CRC(0, m.Middle),
		DataCRC: wire.CRC(0, m.Data), Flags: wire.FooterComplete}
	return f.Append(b)
}

type event struct {
	Kind    string   `json:"kind"`
	Socket  int      `json:"socket,omitempty"`
	Bytes   digits   `json:"bytes,omitempty"`
	Message *message `json:"message,omitempty"`
}

type action struct {
	Kind    string   `json:"kind"`
	Socket  int      `json:"socket"`
	Bytes   digits   `json:"bytes"`
	Message *message `json:"message"`
}

// happening is the question what is to be done about an event.
type happening struct {
	Machine string `json:"machine"`
	Now     int64  `json:"now"`
	Event   event  `json:"event"`
}

// making is the order to make a machine.
type making struct {
	Machine string `json:"machine"`
	Config  config `json:"config"`
}

// The pauses of the protocol.
const (
	firstPause   = 200 * time.Millisecond
	longestPause = 15 * time.Second
	patience     = 2 * longestPause
)
