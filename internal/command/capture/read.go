package capture

import (
	"io"

	"github.com/pkg/errors"
)

// ErrCutOff says that the file ends within a packet, as happens when the sniffer was killed. What
// was read before is returned along with it.
var ErrCutOff = errors.New("capture ends within a packet")

// ErrFormat says that the input is neither pcap nor pcapng.
var ErrFormat = errors.New("not a pcap or pcapng file")

// Read reads a pcap or pcapng file and returns the TCP connections in it, ordered by their first
// packet. Packets that are not TCP are skipped. If the file is cut off or damaged on the way, the
// connections up to there are returned together with an error (ErrCutOff for the former).
func Read(r io.Reader) ([]*Connection, error) {
	next, err := open(r)
	if err != nil {
		return nil, err
	}
	var t table
	for number := 1; ; number++ {
		rec, err := next()
		switch {
		case errors.Is(err, io.EOF):
			return t.finish(), nil
		case err != nil:
			return t.finish(), errors.WithMessagef(err, "capture: packet %d", number)
		}
		unwrap := unwrapper(rec.link)
		if unwrap == nil {
			return t.finish(), errors.Errorf("capture: packet %d: link type %d is not known",
				number, rec.link)
		}
		if p, ok := parseTCP(unwrap(rec.data)); ok {
			t.add(p, number, rec.time)
		}
	}
}
