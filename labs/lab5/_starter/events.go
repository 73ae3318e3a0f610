// This file is the grader's: it says what your machine is told, and what it tells.

package main

import (
	"encoding/hex"
	"encoding/json"
)

// Addr is the address of a messenger: IPv4 is all that this lab needs.
type Addr struct {
	IP    string `json:"ip"` // such as "10.0.0.1"; "" and "0.0.0.0" are blank
	Port  uint16 `json:"port"`
	Nonce uint32 `json:"nonce"`
}

// Policy is what a session with the peer is to be.
type Policy struct {
	Lossy      bool `json:"lossy"`      // it ends with its socket, and nothing is sent twice
	Server     bool `json:"server"`     // never dial: wait for the peer
	Standby    bool `json:"standby"`    // with nothing to send, wait without a socket after a fault
	ResetCheck bool `json:"resetcheck"` // a peer that has lost its session has restarted
}

// Config is what a machine is made with.
type Config struct {
	Own    Addr   `json:"own"`
	Peer   Addr   `json:"peer"`
	Type   uint32 `json:"type"` // our entity type
	Num    int64  `json:"num"`  // our number: src of our messages is type and num
	Policy Policy `json:"policy"`
	// Version is the protocol_version that we send, and that we want of the peer.
	Version  uint32 `json:"version"`
	Features uint64 `json:"features"` // that we offer
}

// Message is what users send and get.
type Message struct {
	Type     uint16 `json:"type"`
	TID      uint64 `json:"tid"`
	Priority uint16 `json:"priority"`
	Version  uint16 `json:"version"`
	Front    Hex    `json:"front"`
	Middle   Hex    `json:"middle"`
	Data     Hex    `json:"data"`
}

// What a machine is told: the kinds of an Event.
const (
	UserConnects = "connect"   // the user wants a session, even if nothing is to be sent
	UserSends    = "send"      // the user sends Message
	MarkDown     = "mark down" // the user gives the session up: it is over, and nobody is told
	DialOpened   = "opened"    // what was dialed is Socket now, greetings are over
	DialRefused  = "refused"   // dialing, or the greetings, came to nothing
	PeerDialed   = "accepted"  // the peer has opened Socket, greetings are over
	BytesCame    = "bytes"     // Bytes came from Socket
	SocketClosed = "closed"    // Socket is gone: the peer has closed it, or it broke
	Tick         = "tick"      // time has passed
)

// Event is what happens. A socket has a number, which no other one gets. Of a socket that the
// machine has closed nothing comes any more.
type Event struct {
	Kind    string   `json:"kind"`
	Socket  int      `json:"socket"`
	Bytes   Hex      `json:"bytes"`
	Message *Message `json:"message"`
}

// What a machine tells: the kinds of an Action.
const (
	Dial        = "dial"         // call the peer, unless that is under way; opened or refused comes
	Write       = "write"        // write Bytes to Socket
	Close       = "close"        // close Socket; what was written before is sent
	Deliver     = "deliver"      // Message is for the user
	Reset       = "reset"        // tell the user: the session is over
	RemoteReset = "remote reset" // tell the user: the peer has lost the session, a new one begins
)

// Action is what is to be done.
type Action struct {
	Kind    string   `json:"kind"`
	Socket  int      `json:"socket,omitempty"`
	Bytes   Hex      `json:"bytes,omitempty"`
	Message *Message `json:"message,omitempty"`
}

// Hex is bytes that are hexadecimal digits in JSON.
type Hex []byte

// MarshalJSON returns the digits.
func (h Hex) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(h)) }

// UnmarshalJSON reads them.
func (h *Hex) UnmarshalJSON(b []byte) error {
	var digits string
	err := json.Unmarshal(b, &digits)
	if err == nil {
		*h, err = hex.DecodeString(digits)
	}
	return err
}
