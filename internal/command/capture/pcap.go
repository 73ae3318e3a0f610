package capture

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/pkg/errors"
)

const (
	pcapHeaderSize       = 24
	pcapRecordHeaderSize = 16

	pcapMajor, pcapMinor = 2, 4

	pcapMagicNanoseconds = 0xa1b23c4d

	// Of the link type's field; the bits above tell whether frames end with their checksum, which
	// IP's length cuts off.
	pcapLinkTypeMask = 0xffff

	// Some writers keep more of a packet than they announce in the file's header. So much is always
	// taken.
	pcapSnapLength = 256 << 10
)

// pcapFile reads the older format: a header for the file, one for each packet, and nothing else.
type pcapFile struct {
	r     io.Reader
	order binary.ByteOrder
	link  linkType
	unit  int64  // nanoseconds of a fraction of a second
	limit uint32 // bytes of a packet
}

func openPcap(r io.Reader) (next, error) {
	header, err := take(r, pcapHeaderSize)
	if err != nil {
		return nil, errors.WithMessage(err, "capture: file header")
	}
	f := pcapFile{r: r, order: binary.LittleEndian, unit: int64(time.Microsecond)}
	if header[0] == 0xa1 {
		f.order = binary.BigEndian
	}
	if f.order.Uint32(header) == pcapMagicNanoseconds {
		f.unit = 1
	}
	major, minor := f.order.Uint16(header[4:]), f.order.Uint16(header[6:])
	if major != pcapMajor || minor != pcapMinor {
		return nil, errors.Errorf("capture: file header: version %d.%d is not known", major, minor)
	}
	f.limit = min(max(f.order.Uint32(header[16:]), pcapSnapLength), maxPiece)
	f.link = linkType(f.order.Uint32(header[20:]) & pcapLinkTypeMask)
	return f.next, nil
}

func (f *pcapFile) next() (record, error) {
	var header [pcapRecordHeaderSize]byte
	if err := takeFirst(f.r, header[:]); err != nil {
		return record{}, err
	}
	seconds, fraction := f.order.Uint32(header[0:]), f.order.Uint32(header[4:])
	captured, original := f.order.Uint32(header[8:]), f.order.Uint32(header[12:])
	switch {
	case captured > f.limit:
		return record{}, errors.Errorf("record header: captured length %d exceeds the file's "+
			"limit of %d", captured, f.limit)
	case captured > original:
		return record{}, errors.Errorf("record header: captured length %d exceeds the packet's "+
			"length of %d", captured, original)
	}
	data, err := take(f.r, captured)
	return record{f.link, time.Unix(int64(seconds), int64(fraction)*f.unit).UTC(), data}, err
}
