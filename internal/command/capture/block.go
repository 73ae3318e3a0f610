package capture

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/pkg/errors"
)

// blockType is the type of a block, of which pcapng files consist.
type blockType uint32

const (
	blockSection        blockType = 0x0a0d0d0a // the same in both byte orders
	blockInterface      blockType = 1
	blockPacket         blockType = 2 // obsolete, still written by some
	blockSimplePacket   blockType = 3
	blockEnhancedPacket blockType = 6
)

const (
	byteOrderMagic = 0x1a2b3c4d

	blockFrameSize = 12 // type and length before the body, the length again behind it
)

func (t blockType) String() string {
	switch t {
	case blockSection:
		return "section header"
	case blockInterface:
		return "interface block"
	case blockPacket:
		return "packet block"
	case blockSimplePacket:
		return "simple packet block"
	case blockEnhancedPacket:
		return "enhanced packet block"
	}
	return fmt.Sprintf("block of type %#x", uint32(t))
}

// block reads a block. The body is nil if the type is not one of those above.
func (f *pcapngFile) block() (blockType, []byte, error) {
	var head [8]byte
	if err := takeFirst(f.r, head[:]); err != nil {
		return 0, nil, err
	}
	kind := blockType(f.order.Uint32(head[:]))
	if kind == blockSection {
		if err := f.findOrder(); err != nil {
			return 0, nil, errors.WithMessage(err, kind.String())
		}
	}
	length := f.order.Uint32(head[4:])
	if length < blockFrameSize {
		return 0, nil, errors.Errorf("%v: length %d is less than that of an empty block", kind,
			length)
	}
	body, err := f.body(kind, length-blockFrameSize)
	if err != nil {
		return 0, nil, err
	}
	tail, err := take(f.r, 4)
	if err != nil {
		return 0, nil, err
	}
	if again := f.order.Uint32(tail); again != length {
		return 0, nil, errors.Errorf("%v: length %d, but %d at its end", kind, length, again)
	}
	return kind, body, nil
}

func (f *pcapngFile) body(kind blockType, size uint32) ([]byte, error) {
	switch kind {
	case blockSection, blockInterface, blockPacket, blockSimplePacket, blockEnhancedPacket:
		if size > maxPiece {
			return nil, errors.Errorf("%v: %d bytes are more than the %d that are read", kind, size,
				maxPiece)
		}
		return take(f.r, size)
	}
	_, err := io.CopyN(io.Discard, f.r, int64(size))
	return nil, cutOff(err)
}

// findOrder looks ahead to the byte order of a section that begins, without which its length cannot
// be read.
func (f *pcapngFile) findOrder() error {
	magic, err := f.r.Peek(4)
	switch {
	case err != nil:
		return cutOff(err)
	case binary.LittleEndian.Uint32(magic) == byteOrderMagic:
		f.order = binary.LittleEndian
	case binary.BigEndian.Uint32(magic) == byteOrderMagic:
		f.order = binary.BigEndian
	default:
		return errors.Errorf("byte order magic % x", magic)
	}
	return nil
}
