package main

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/netip"
)

const (
	banner     = "ceph v027"
	addrSize   = 136
	headerSize = 53
	footerSize = 21
)

// Connect is what the side that has dialed says first.
type Connect struct {
	Features           uint64 `json:"features"`
	HostType           uint32 `json:"host_type"`
	GlobalSeq          uint32 `json:"global_seq"`
	ConnectSeq         uint32 `json:"connect_seq"`
	ProtocolVersion    uint32 `json:"protocol_version"`
	AuthorizerProtocol uint32 `json:"authorizer_protocol"`
	AuthorizerLen      uint32 `json:"authorizer_len"`
	Flags              uint8  `json:"flags"`
}

// Reply is what the other side answers.
type Reply struct {
	Tag             uint8  `json:"tag"`
	Features        uint64 `json:"features"`
	GlobalSeq       uint32 `json:"global_seq"`
	ConnectSeq      uint32 `json:"connect_seq"`
	ProtocolVersion uint32 `json:"protocol_version"`
	AuthorizerLen   uint32 `json:"authorizer_len"`
	Flags           uint8  `json:"flags"`
}

var le = binary.LittleEndian

func encodeAddr(a Addr) []byte {
	b := make([]byte, addrSize)
	le.PutUint32(b[4:], a.Nonce)
	binary.BigEndian.PutUint16(b[8:], 2)
	binary.BigEndian.PutUint16(b[10:], a.Port)
	if ip, err := netip.ParseAddr(a.IP); err == nil && ip.Is4() {
		copy(b[12:], ip.AsSlice())
	}
	return b
}

func decodeAddr(b []byte) (Addr, error) {
	a := Addr{Nonce: le.Uint32(b[4:]), Port: binary.BigEndian.Uint16(b[10:])}
	switch family := binary.BigEndian.Uint16(b[8:]); family {
	case 0:
	case 2:
		ip, _ := netip.AddrFromSlice(b[12:16])
		a.IP = ip.String()
	default:
		return a, errors.New("neither blank nor IPv4")
	}
	return a, nil
}

// ServerGreeting returns what the accepting side says first.
func ServerGreeting(own, peer Addr) []byte {
	return append(ClientGreeting(own), encodeAddr(peer)...)
}

// ClientGreeting returns what the dialing side says first.
func ClientGreeting(own Addr) []byte {
	return append([]byte(banner), encodeAddr(own)...)
}

// ReadServerGreeting reads the 281 bytes of a server.
func ReadServerGreeting(b []byte) (server, us Addr, err error) {
	if server, err = ReadClientGreeting(b); err != nil {
		return server, us, err
	}
	us, err = decodeAddr(b[len(banner)+addrSize:])
	return server, us, err
}

// ReadClientGreeting reads the 145 bytes of a client.
func ReadClientGreeting(b []byte) (Addr, error) {
	if string(b[:len(banner)]) != banner {
		return Addr{}, errors.New("no banner")
	}
	return decodeAddr(b[len(banner):])
}

// Lower reports whether address a is lower than b, as bytes in memory.
func Lower(a, b Addr) bool {
	x, y := encodeAddr(a), encodeAddr(b)
	return string(x[4:16]) < string(y[4:16])
}

// EncodeConnect returns the 33 bytes.
func EncodeConnect(c Connect) []byte {
	b := le.AppendUint64(nil, c.Features)
	b = le.AppendUint32(b, c.HostType)
	b = le.AppendUint32(b, c.GlobalSeq)
	b = le.AppendUint32(b, c.ConnectSeq)
	b = le.AppendUint32(b, c.ProtocolVersion)
	b = le.AppendUint32(b, c.AuthorizerProtocol)
	b = le.AppendUint32(b, c.AuthorizerLen)
	return append(b, c.Flags)
}

func decodeConnect(b []byte) Connect {
	return Connect{le.Uint64(b), le.Uint32(b[8:]), le.Uint32(b[12:]), le.Uint32(b[16:]),
		le.Uint32(b[20:]), le.Uint32(b[24:]), le.Uint32(b[28:]), b[32]}
}

// EncodeReply returns the 26 bytes.
func EncodeReply(r Reply) []byte {
	b := le.AppendUint64([]byte{r.Tag}, r.Features)
	b = le.AppendUint32(b, r.GlobalSeq)
	b = le.AppendUint32(b, r.ConnectSeq)
	b = le.AppendUint32(b, r.ProtocolVersion)
	b = le.AppendUint32(b, r.AuthorizerLen)
	return append(b, r.Flags)
}

func decodeReply(b []byte) Reply {
	return Reply{b[0], le.Uint64(b[1:]), le.Uint32(b[9:]), le.Uint32(b[13:]), le.Uint32(b[17:]),
		le.Uint32(b[21:]), b[25]}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crc is Ceph's: no inversion at either end.
func crc(b []byte) uint32 { return ^crc32.Update(^uint32(0), castagnoli, b) }

// EncodeMessage returns the whole frame.
func EncodeMessage(m Message, seq uint64, srcType uint8, srcNum int64) []byte {
	b := []byte{tagMsg}
	b = le.AppendUint64(b, seq)
	b = le.AppendUint64(b, m.TID)
	b = le.AppendUint16(b, m.Type)
	b = le.AppendUint16(b, m.Priority)
	b = le.AppendUint16(b, m.Version)
	b = le.AppendUint32(b, uint32(len(m.Front)))
	b = le.AppendUint32(b, uint32(len(m.Middle)))
	b = le.AppendUint32(b, uint32(len(m.Data)))
	b = le.AppendUint16(b, 0)
	b = append(b, srcType)
	b = le.AppendUint64(b, uint64(srcNum))
	b = le.AppendUint16(b, m.Version)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint32(b, crc(b[1:]))
	b = append(append(append(b, m.Front...), m.Middle...), m.Data...)
	for _, part := range []Hex{m.Front, m.Middle, m.Data} {
		b = le.AppendUint32(b, crc(part))
	}
	return append(le.AppendUint64(b, 0), 1)
}
