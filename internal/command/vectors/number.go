package vectors

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Numbers of the vectors that are not JSON numbers.
type (
	hex64 uint64 // sets of bits: a string with 0x
	hex32 uint32
	dec64 uint64 // numbers of 64 bits: a string of decimal digits
	num64 int64
	octet []byte // opaque bytes: a string of hexadecimal digits
)

func (v hex64) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "0x%016x", uint64(v)), nil }
func (v hex32) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "0x%08x", uint32(v)), nil }
func (v dec64) MarshalText() ([]byte, error) { return strconv.AppendUint(nil, uint64(v), 10), nil }
func (v num64) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(v), 10), nil }
func (v octet) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, v), nil }

func (v *hex64) UnmarshalText(b []byte) error { return scan(b, (*uint64)(v), 64) }
func (v *dec64) UnmarshalText(b []byte) error { return scan(b, (*uint64)(v), 64) }
func (v *hex32) UnmarshalText(b []byte) error {
	var n uint64
	err := scan(b, &n, 32)
	*v = hex32(n)
	return err
}

func (v *num64) UnmarshalText(b []byte) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	*v = num64(n)
	return err
}

func (v *octet) UnmarshalText(b []byte) (err error) {
	*v, err = hex.AppendDecode(nil, b)
	return err
}

func scan(b []byte, v *uint64, bits int) (err error) {
	*v, err = strconv.ParseUint(string(b), 0, bits)
	return err
}
