package capture

import (
	"encoding/binary"
	"io"
	"math"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/pkg/errors"
)

// Block types of pcapng that matter here. The others (names, statistics, secrets, …) are skipped.
const (
	blockSection        = 0x0a0d0d0a // the same in both byte orders
	blockInterface      = 1
	blockPacket         = 2 // obsolete, still written by some
	blockSimplePacket   = 3
	blockEnhancedPacket = 6

	optionEnd        = 0
	optionResolution = 9 // if_tsresol
)

var (
	pcapngMagic   = []byte{0x0a, 0x0d, 0x0d, 0x0a}
	errShortBlock = errors.New("damaged: a block is too short for its type")
)

// pcapng reads the newer format: a list of blocks, each with its type, its length, a body and the length again.
type pcapng struct {
	r          io.Reader
	order      binary.ByteOrder
	interfaces []pcapngInterface // of the current section
}

type pcapngInterface struct {
	linkType layers.LinkType
	err      error  // if the link type is not known; told when a packet uses it
	perSec   uint64 // time stamps count in this part of a second
}

func (p *pcapng) next() (record, error) {
	for {
		kind, body, err := p.block()
		if err != nil {
			return record{}, err
		}
		switch kind {
		case blockInterface:
			if err := p.addInterface(body); err != nil {
				return record{}, err
			}
		case blockEnhancedPacket: // interface u32, time 2 × u32, captured length u32, original length u32, data
			if len(body) < 20 {
				return record{}, errShortBlock
			}
			return p.record(p.order.Uint32(body), body[4:], p.order.Uint32(body[12:]), body[20:])
		case blockPacket: // interface u16, drops u16, and then the same
			if len(body) < 20 {
				return record{}, errShortBlock
			}
			return p.record(uint32(p.order.Uint16(body)), body[4:], p.order.Uint32(body[12:]), body[20:])
		case blockSimplePacket: // original length u32, data; no time
			if len(body) < 4 {
				return record{}, errShortBlock
			}
			data := body[4:]
			return p.record(0, nil, min(p.order.Uint32(body), uint32(len(data))), data)
		}
	}
}

// block reads one block and returns its type and body.
func (p *pcapng) block() (kind uint32, body []byte, err error) {
	head, err := readFull(p.r, 8)
	if err != nil {
		return 0, nil, err
	}
	var magic []byte
	if kind = binary.LittleEndian.Uint32(head); kind == blockSection {
		// The byte order of a section stands at the start of its header's body.
		if magic, err = readFull(p.r, 4); err != nil {
			return 0, nil, cutOff(err)
		}
		switch uint32(0x1a2b3c4d) {
		case binary.LittleEndian.Uint32(magic):
			p.order = binary.LittleEndian
		case binary.BigEndian.Uint32(magic):
			p.order = binary.BigEndian
		default:
			return 0, nil, errors.Errorf("damaged: byte order % x", magic)
		}
		p.interfaces = nil
	}
	kind = p.order.Uint32(head)
	size := p.order.Uint32(head[4:])
	if size < 12+uint32(len(magic)) || size > maxRecord || size%4 != 0 {
		return 0, nil, errors.Errorf("damaged: a block of %d bytes", size)
	}
	rest, err := readFull(p.r, int64(size)-8-int64(len(magic)))
	if err != nil {
		return 0, nil, cutOff(err)
	}
	return kind, rest[:len(rest)-4], nil
}

// addInterface reads an interface description: link type u16, reserved u16, snapshot length u32, options.
func (p *pcapng) addInterface(body []byte) error {
	if len(body) < 8 {
		return errShortBlock
	}
	i := pcapngInterface{perSec: 1e6}
	i.linkType, i.err = knownLinkType(uint32(p.order.Uint16(body)))
	for options := body[8:]; len(options) >= 4; {
		code, size := p.order.Uint16(options), int(p.order.Uint16(options[2:]))
		padded := 4 + (size+3)/4*4
		if code == optionEnd || padded > len(options) {
			break
		}
		if code == optionResolution && size >= 1 {
			var err error
			if i.perSec, err = resolution(options[4]); err != nil {
				return err
			}
		}
		options = options[padded:]
	}
	p.interfaces = append(p.interfaces, i)
	return nil
}

// resolution reads if_tsresol: a negative power of 10, or of 2 if the highest bit is set.
func resolution(b byte) (perSec uint64, err error) {
	exponent := b & 0x7f
	switch {
	case b&0x80 != 0 && exponent <= 63:
		return 1 << exponent, nil
	case b&0x80 == 0 && exponent <= 19:
		return uint64(math.Pow10(int(exponent))), nil
	}
	return 0, errors.Errorf("damaged: time resolution %#x", b)
}

func (p *pcapng) record(index uint32, stamp []byte, size uint32, data []byte) (record, error) {
	if uint64(index) >= uint64(len(p.interfaces)) {
		return record{}, errors.Errorf("damaged: interface %d of %d", index, len(p.interfaces))
	}
	i := p.interfaces[index]
	if i.err != nil {
		return record{}, i.err
	}
	if uint64(size) > uint64(len(data)) {
		return record{}, errors.Errorf("damaged: a packet of %d bytes in a block with %d", size, len(data))
	}
	rec := record{linkType: i.linkType, data: data[:size]}
	if stamp != nil {
		ticks := uint64(p.order.Uint32(stamp))<<32 | uint64(p.order.Uint32(stamp[4:]))
		fraction := float64(ticks%i.perSec) / float64(i.perSec) * float64(time.Second)
		rec.time = time.Unix(int64(ticks/i.perSec), int64(math.Round(fraction))).UTC()
	}
	return rec, nil
}
