package capture

import (
	"bufio"
	"bytes"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
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

var (
	pcapngMagic = []byte{0x0a, 0x0d, 0x0d, 0x0a}
	// Of pcap, in both byte orders, with microseconds and with nanoseconds.
	pcapMagics = [][]byte{{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4}, {0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d}}
)

// IsCapture reports whether prefix, the first four bytes or more of a file, are those of a capture that Read can read.
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
		return openPcapng(b)
	}
	return openPcap(b)
}

func openPcap(r io.Reader) (next, error) {
	file, err := pcapgo.NewReader(r)
	if err != nil {
		return nil, errors.WithMessage(cutOff(err), "capture: file header")
	}
	return func() (record, error) {
		data, info, err := file.ReadPacketData()
		return newRecord(file.LinkType(), info, data, err)
	}, nil
}

func openPcapng(r io.Reader) (next, error) {
	file, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		return nil, errors.WithMessage(cutOff(err), "capture: section header")
	}
	return func() (record, error) {
		data, info, err := file.ReadPacketData()
		return newRecord(linkTypeOf(info), info, data, err)
	}, nil
}

func newRecord(linkType layers.LinkType, info gopacket.CaptureInfo, data []byte, err error) (record, error) {
	if err == nil && !known(linkType) {
		err = errors.Errorf("link type %d is not known", linkType)
	}
	return record{linkType, info.Timestamp, data}, cutOff(err)
}

// linkTypeOf returns the link type that the reader found for a packet of a file with several interfaces.
func linkTypeOf(info gopacket.CaptureInfo) layers.LinkType {
	for _, data := range info.AncillaryData {
		if linkType, ok := data.(layers.LinkType); ok {
			return linkType
		}
	}
	return layers.LinkTypeNull
}

// cutOff tells a file that ends midway from one that ends.
func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCutOff
	}
	return err
}

// known reports whether packets of that link type can be decoded.
func known(t layers.LinkType) bool {
	return uint32(t) < uint32(layers.LinkTypeMax) && layers.LinkTypeMetadata[t].DecodeWith != nil
}
