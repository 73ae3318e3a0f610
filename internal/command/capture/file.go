package capture

import (
	"bufio"
	"bytes"
	"io"
	"time"

	"github.com/pkg/errors"
)

// maxPiece bounds what is read in one piece, a packet or a block. No sniffer writes more: a larger
// length is damage.
const maxPiece = 16 << 20

// record is one packet as it stands in a file.
type record struct {
	link linkType
	time time.Time
	data []byte // fresh memory; shorter than the packet was if the sniffer kept only its start
}

// next reads the following packet of a file. At the end of the file it returns io.EOF, and
// ErrCutOff if the file ends within a packet.
type next func() (record, error)

var (
	pcapngMagic = []byte{0x0a, 0x0d, 0x0d, 0x0a}
	// Of pcap, in both byte orders, with microseconds and with nanoseconds.
	pcapMagics = [][]byte{{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4},
		{0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d}}
)

// IsCapture reports whether prefix, the first four bytes or more of a file, are those of a capture
// that Read can read.
func IsCapture(prefix []byte) bool {
	for _, magic := range pcapMagics {
		if bytes.HasPrefix(prefix, magic) {
			return true
		}
	}
	return bytes.HasPrefix(prefix, pcapngMagic)
}

func open(r io.Reader) (next, error) {
	b := bufio.NewReader(r)
	magic, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.WithMessage(err, "capture")
	}
	switch {
	case !IsCapture(magic):
		return nil, errors.WithMessagef(ErrFormat, "capture: starts with % x", magic)
	case bytes.Equal(magic, pcapngMagic):
		return openPcapng(b), nil
	}
	return openPcap(b)
}

// take reads n bytes. The memory grows with the bytes that arrive, because n is only what the file
// claims.
func take(r io.Reader, n uint32) ([]byte, error) {
	var b []byte
	for size := int(n); len(b) < size; {
		have := len(b)
		b = append(b, make([]byte, min(size-have, max(have, 64<<10)))...)
		if _, err := io.ReadFull(r, b[have:]); err != nil {
			return nil, cutOff(err)
		}
	}
	return b, nil
}

// takeFirst fills b with what a packet or block begins with: the one place where a file may end,
// with io.EOF.
func takeFirst(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return cutOff(err)
}

// cutOff tells a file that ends midway from one that cannot be read.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCutOff
	}
	return err
}
