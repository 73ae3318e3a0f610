package capture

import (
	"bufio"
	"encoding/binary"
	"time"

	"github.com/pkg/errors"
)

const (
	sectionHeaderSize      = 16
	packetHeaderSize       = 20
	simplePacketHeaderSize = 4

	pcapngMajor = 1
)

// pcapngFile reads the newer format. A file is a row of sections, each with its own byte order and
// interfaces.
type pcapngFile struct {
	r          *bufio.Reader
	order      binary.ByteOrder
	interfaces []captureInterface
}

func openPcapng(r *bufio.Reader) next {
	f := pcapngFile{r: r, order: binary.LittleEndian}
	return f.next
}

func (f *pcapngFile) next() (record, error) {
	for {
		kind, body, err := f.block()
		if err != nil {
			return record{}, err
		}
		if rec, found, err := f.content(kind, body); found || err != nil {
			return rec, errors.WithMessage(err, kind.String())
		}
	}
}

// content takes a block in, and returns the packet if there is one in it.
func (f *pcapngFile) content(kind blockType, body []byte) (rec record, found bool, err error) {
	switch kind {
	case blockSection:
		err = f.section(body)
	case blockInterface:
		err = f.describe(body)
	case blockSimplePacket:
		rec, err = f.simplePacket(body)
		found = true
	case blockPacket, blockEnhancedPacket:
		rec, err = f.packet(kind, body)
		found = true
	}
	return rec, found, err
}

func (f *pcapngFile) section(body []byte) error {
	if len(body) < sectionHeaderSize {
		return errors.Errorf("%d bytes, want at least %d", len(body), sectionHeaderSize)
	}
	// The minor version is 0; some writers say 2 and mean the same.
	major, minor := f.order.Uint16(body[4:]), f.order.Uint16(body[6:])
	if major != pcapngMajor || minor != 0 && minor != 2 {
		return errors.Errorf("version %d.%d is not known", major, minor)
	}
	f.interfaces = nil
	return nil
}

// packet reads the two kinds of blocks that tell a packet's time; they differ in the size of the
// interface's number.
func (f *pcapngFile) packet(kind blockType, body []byte) (record, error) {
	if len(body) < packetHeaderSize {
		return record{}, errors.Errorf("%d bytes, want at least %d", len(body), packetHeaderSize)
	}
	id := f.order.Uint32(body)
	if kind == blockPacket {
		id = uint32(f.order.Uint16(body)) // a count of lost packets follows
	}
	in, err := f.interfaceOf(id)
	if err != nil {
		return record{}, err
	}
	ticks := uint64(f.order.Uint32(body[4:]))<<32 | uint64(f.order.Uint32(body[8:]))
	data, err := start(body[packetHeaderSize:], f.order.Uint32(body[12:]))
	return record{in.link, in.clock.time(ticks), data}, err
}

// simplePacket reads a block that has neither time nor interface: it is the section's first.
func (f *pcapngFile) simplePacket(body []byte) (record, error) {
	if len(body) < simplePacketHeaderSize {
		return record{}, errors.Errorf("%d bytes, want at least %d", len(body),
			simplePacketHeaderSize)
	}
	in, err := f.interfaceOf(0)
	if err != nil {
		return record{}, err
	}
	captured := f.order.Uint32(body)
	if in.snapLength != 0 {
		captured = min(captured, in.snapLength)
	}
	data, err := start(body[simplePacketHeaderSize:], captured)
	return record{in.link, time.Time{}, data}, err
}

func (f *pcapngFile) interfaceOf(id uint32) (captureInterface, error) {
	if int64(id) >= int64(len(f.interfaces)) {
		return captureInterface{}, errors.Errorf("interface id %d, but the section has %d "+
			"interfaces", id, len(f.interfaces))
	}
	return f.interfaces[id], nil
}

// start returns the packet that a block's body begins with; padding and options follow it.
func start(body []byte, captured uint32) ([]byte, error) {
	if int64(captured) > int64(len(body)) {
		return nil, errors.Errorf("captured length %d exceeds the %d bytes left in the block",
			captured, len(body))
	}
	return body[:captured:captured], nil
}
