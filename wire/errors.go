package wire

import (
	"fmt"

	"github.com/pkg/errors"
)

// The reasons for which a decoder fails, to be tested with errors.Is.
var (
	// ErrShort says that the input ended before the structure did: more bytes may help.
	ErrShort = errors.New("short input")
	// ErrInvalid says that a field has a value that the protocol does not know.
	ErrInvalid = errors.New("invalid value")
	// ErrTooLarge says that a claimed length is above the limit for it.
	ErrTooLarge = errors.New("length above limit")
	// ErrCRC says that a checksum does not match.
	ErrCRC = errors.New("crc mismatch")
)

// DecodeError tells where in the input a decoder gave up, and why.
type DecodeError struct {
	Structure string // name of the structure, such as "entity_addr"
	Field     string // name of the field within it, such as "family"
	Offset    int    // of the field, in bytes from the start of the structure
	Err       error  // wraps ErrShort, ErrInvalid, ErrTooLarge or ErrCRC
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("wire: decode %s: %s at offset %d: %v", e.Structure, e.Field, e.Offset,
		e.Err)
}

func (e *DecodeError) Unwrap() error { return e.Err }

func shortError(structure, field string, offset, need, have int) error {
	return &DecodeError{structure, field, offset, errors.WithMessagef(ErrShort,
		"need %d bytes, have %d", need, have)}
}

func invalidError(structure, field string, offset int, format string, args ...any) error {
	return &DecodeError{structure, field, offset, errors.WithMessagef(ErrInvalid, format, args...)}
}

func tooLargeError(structure, field string, offset int, claimed, limit uint64) error {
	return &DecodeError{structure, field, offset, errors.WithMessagef(ErrTooLarge, "%d is above %d",
		claimed, limit)}
}

func crcError(structure, field string, offset int, want, got uint32) error {
	return &DecodeError{structure, field, offset, errors.WithMessagef(ErrCRC,
		"sent %#08x, computed %#08x", want, got)}
}
