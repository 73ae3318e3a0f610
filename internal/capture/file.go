package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/pkg/errors"
)

// record is one packet as it stands in a file.
type record struct {
	linkType layers.LinkType
	time     time.Time
	data     []byte // fresh memory; shorter than the packet was if the sniffer kept only its start
}

// next reads the following packet of a file. At the end of the file it returns io.EOF, and ErrCutOff if the file ends
// within a packet.
type next func() (record, error)

// Magic numbers of pcap, as they stand in a file of each byte order.
var pcapVariants = []struct {
	magic []byte
	order binary.ByteOrder
	unit  time.Duration // of the fraction of a second
}{
	{[]byte{0xd4, 0xc3, 0xb2, 0xa1}, binary.LittleEndian, time.Microsecond},
	{[]byte{0xa1, 0xb2, 0xc3, 0xd4}, binary.BigEndian, time.Microsecond},
	{[]byte{0x4d, 0x3c, 0xb2, 0xa1}, binary.LittleEndian, time.Nanosecond},
	{[]byte{0xa1, 0xb2, 0x3c, 0x4d}, binary.BigEndian, time.Nanosecond},
}

// IsCapture reports whether prefix, the first four bytes or more of a file, are those of a capture that Read can read.
func IsCapture(prefix []byte) bool {
	for _, variant := range pcapVariants {
		if bytes.HasPrefix(prefix, variant.magic) {
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
	for _, variant := range pcapVariants {
		if bytes.Equal(magic, variant.magic) {
			return openPcap(b, variant.order, variant.unit)
		}
	}
	if bytes.Equal(magic, pcapngMagic) {
		return (&pcapng{r: b}).next, nil
	}
	return nil, errors.WithMessagef(ErrFormat, "capture: starts with % x", magic)
}

const (
	pcapHeaderSize = 24 // magic u32, version 2 × u16, zone i32, accuracy u32, snapshot length u32, link type u32
	pcapRecordSize = 16 // seconds u32, fraction u32, captured length u32, original length u32

	// maxRecord is far above any packet of TCP; a larger claim is damage.
	maxRecord = 16 << 20
)

func openPcap(r io.Reader, order binary.ByteOrder, unit time.Duration) (next, error) {
	header, err := readFull(r, pcapHeaderSize)
	if err != nil {
		return nil, errors.WithMessage(cutOff(err), "capture: file header")
	}
	linkType, err := knownLinkType(order.Uint32(header[20:]) & 0xffff) // above are bits about frame check sequences
	if err != nil {
		return nil, errors.WithMessage(err, "capture: file header")
	}
	return func() (record, error) {
		head, err := readFull(r, pcapRecordSize)
		if err != nil {
			return record{}, err
		}
		size := order.Uint32(head[8:])
		if size > maxRecord {
			return record{}, errors.Errorf("damaged: a packet of %d bytes", size)
		}
		data, err := readFull(r, int64(size))
		if err != nil {
			return record{}, cutOff(err)
		}
		at := time.Unix(int64(order.Uint32(head)), int64(order.Uint32(head[4:]))*int64(unit)).UTC()
		return record{linkType, at, data}, nil
	}, nil
}

// readFull reads n bytes without trusting n for the allocation. It returns io.EOF if there is nothing and ErrCutOff
// if there is too little.
func readFull(r io.Reader, n int64) ([]byte, error) {
	var b bytes.Buffer
	got, err := io.CopyN(&b, r, n)
	if errors.Is(err, io.EOF) && got > 0 {
		err = cutOff(err)
	}
	return b.Bytes(), err
}

// cutOff turns an end of the file at a place where it must not end into ErrCutOff.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrCutOff
	}
	return err
}

func knownLinkType(n uint32) (layers.LinkType, error) {
	if n >= uint32(layers.LinkTypeMax) || layers.LinkTypeMetadata[n].DecodeWith == nil {
		return 0, errors.Errorf("link type %d is not known", n)
	}
	return layers.LinkType(n), nil
}
