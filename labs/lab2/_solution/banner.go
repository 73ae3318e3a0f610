package main

import (
	"errors"
	"strings"
)

// Banner is what each side says first.
const Banner = "ceph v027"

// ServerBanner is what the accepting side says first: banner, its own address, and that of the
// client as the server's socket has it.
type ServerBanner struct {
	Addr     EntityAddr `json:"addr"`
	PeerAddr EntityAddr `json:"peer_addr"`
}

// ClientBanner is what the connecting side says first: banner and its own address.
type ClientBanner struct {
	Addr EntityAddr `json:"addr"`
}

// EncodeServerBanner returns its 281 bytes.
func EncodeServerBanner(s ServerBanner) []byte {
	b := append([]byte(Banner), EncodeEntityAddr(s.Addr)...)
	return append(b, EncodeEntityAddr(s.PeerAddr)...)
}

// DecodeServerBanner returns what stands at the front of b.
func DecodeServerBanner(b []byte) (ServerBanner, error) {
	if len(b) < 281 {
		return ServerBanner{}, errShort
	}
	if !strings.HasPrefix(string(b), Banner) {
		return ServerBanner{}, errors.New("wrong banner")
	}
	addr, err := DecodeEntityAddr(b[9:])
	if err != nil {
		return ServerBanner{}, err
	}
	peer, err := DecodeEntityAddr(b[145:])
	return ServerBanner{addr, peer}, err
}

// EncodeClientBanner returns its 145 bytes.
func EncodeClientBanner(c ClientBanner) []byte {
	return append([]byte(Banner), EncodeEntityAddr(c.Addr)...)
}

// DecodeClientBanner returns what stands at the front of b.
func DecodeClientBanner(b []byte) (ClientBanner, error) {
	if len(b) < 145 {
		return ClientBanner{}, errShort
	}
	if !strings.HasPrefix(string(b), Banner) {
		return ClientBanner{}, errors.New("wrong banner")
	}
	addr, err := DecodeEntityAddr(b[9:])
	return ClientBanner{addr}, err
}
