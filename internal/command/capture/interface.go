package capture

import (
	"math"
	"math/bits"
	"time"

	"github.com/pkg/errors"
)

const (
	interfaceHeaderSize = 8
	optionHeaderSize    = 4

	optionEnd        = 0
	optionResolution = 9  // if_tsresol
	optionOffset     = 14 // if_tsoffset
)

// captureInterface is what a pcapng file tells of a network interface.
type captureInterface struct {
	link       linkType
	snapLength uint32 // bytes kept of a packet, 0 for all
	clock      clock
}

// clock turns the time stamps of an interface into times.
type clock struct {
	perSecond uint64
	offset    int64 // seconds
}

// time is exact, down to the nanosecond: 128 bits hold what a fraction of a second becomes on the
// way.
func (c clock) time(ticks uint64) time.Time {
	high, low := bits.Mul64(ticks%c.perSecond, uint64(time.Second))
	nanoseconds, _ := bits.Div64(high, low, c.perSecond)
	return time.Unix(int64(ticks/c.perSecond)+c.offset, int64(nanoseconds)).UTC()
}

// describe adds the interface that a block describes.
func (f *pcapngFile) describe(body []byte) error {
	if len(body) < interfaceHeaderSize {
		return errors.Errorf("%d bytes, want at least %d", len(body), interfaceHeaderSize)
	}
	in := captureInterface{
		link:       linkType(f.order.Uint16(body)),
		snapLength: f.order.Uint32(body[4:]),
		clock:      clock{perSecond: uint64(time.Second / time.Microsecond)},
	}
	for options := body[interfaceHeaderSize:]; len(options) >= optionHeaderSize; {
		code, size := f.order.Uint16(options), int(f.order.Uint16(options[2:]))
		if code == optionEnd {
			break
		}
		options = options[optionHeaderSize:]
		if size > len(options) {
			return errors.Errorf("option %d: %d bytes, but %d are left in the block", code, size,
				len(options))
		}
		if err := f.option(&in, code, options[:size]); err != nil {
			return errors.WithMessagef(err, "option %d", code)
		}
		options = options[min((size+3)&^3, len(options)):]
	}
	f.interfaces = append(f.interfaces, in)
	return nil
}

func (f *pcapngFile) option(in *captureInterface, code uint16, value []byte) (err error) {
	switch {
	case code == optionResolution && len(value) >= 1:
		in.clock.perSecond, err = resolution(value[0])
	case code == optionOffset && len(value) >= 8:
		in.clock.offset = int64(f.order.Uint64(value))
	case code == optionResolution, code == optionOffset:
		err = errors.Errorf("%d bytes are too few", len(value))
	}
	return err
}

// resolution returns the number of ticks in a second: a power of two if the highest bit is set,
// else a power of ten.
func resolution(v byte) (uint64, error) {
	const binary = 0x80
	exponent := v &^ binary
	if v&binary != 0 {
		if exponent > 63 {
			return 0, errors.Errorf("time stamp resolution 2^-%d is too fine", exponent)
		}
		return 1 << exponent, nil
	}
	perSecond := uint64(1)
	for range exponent {
		if perSecond > math.MaxUint64/10 {
			return 0, errors.Errorf("time stamp resolution 10^-%d is too fine", exponent)
		}
		perSecond *= 10
	}
	return perSecond, nil
}
