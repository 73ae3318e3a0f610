package otelmsgr

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/pkg/errors"

	"simplemessenger/simplemsgr"
)

// Carrier puts the fields of a context into a message, and finds them in one. The program chooses
// where: both ends must agree. It is called by many goroutines at once.
type Carrier interface {
	// Inject puts fields into a message that is about to be sent. With an error the message goes
	// without.
	Inject(m *simplemsgr.Message, fields map[string]string) error
	// Extract returns the fields of a received message, nil if it has none. With an error the span
	// has no parent; the message is handled all the same.
	Extract(m *simplemsgr.Message) (map[string]string, error)
}

// CarrierFuncs makes a Carrier of two functions, for who has a place of his own for the fields,
// such as behind what is encoded in the front.
type CarrierFuncs struct {
	InjectFunc  func(m *simplemsgr.Message, fields map[string]string) error
	ExtractFunc func(m *simplemsgr.Message) (map[string]string, error)
}

// Inject implements Carrier.
func (c CarrierFuncs) Inject(m *simplemsgr.Message, fields map[string]string) error {
	return c.InjectFunc(m, fields)
}

// Extract implements Carrier.
func (c CarrierFuncs) Extract(m *simplemsgr.Message) (map[string]string, error) {
	return c.ExtractFunc(m)
}

// Limits of what AppendFields encodes and DecodeFields takes.
const (
	MaxFields     = 16
	MaxFieldsSize = 4096 // bytes, encoded
)

// Errors of carriers, to be tested with errors.Is.
var (
	// ErrMiddleUsed: the message has a middle part of its own.
	ErrMiddleUsed = errors.New("otelmsgr: the middle part is in use")
	// ErrFields: fields cannot be encoded, or what was received are none.
	ErrFields = errors.New("otelmsgr: no fields of a context")
)

// Middle is a Carrier for messages whose middle part is empty: the fields are there, and nothing
// else.
type Middle struct{}

// Inject implements Carrier.
func (Middle) Inject(m *simplemsgr.Message, fields map[string]string) (err error) {
	if len(m.Middle) > 0 {
		return ErrMiddleUsed
	}
	m.Middle, err = AppendFields(nil, fields)
	return err
}

// Extract implements Carrier. A middle part that does not begin as fields do is the program's own.
func (Middle) Extract(m *simplemsgr.Message) (map[string]string, error) {
	if len(m.Middle) < len(magic) || string(m.Middle[:len(magic)]) != magic {
		return nil, nil
	}
	return DecodeFields(m.Middle)
}

// magic begins encoded fields.
const magic = "\x00otc1"

// AppendFields encodes fields behind b: magic, their number in a byte, and for each the lengths of
// key and value, two bytes each, little endian, and both.
func AppendFields(b []byte, fields map[string]string) ([]byte, error) {
	size := len(magic) + 1
	for key, value := range fields {
		size += 4 + len(key) + len(value)
	}
	switch {
	case len(fields) > MaxFields:
		return b, errors.WithMessagef(ErrFields, "encode: %d, limit %d", len(fields), MaxFields)
	case size > MaxFieldsSize:
		return b, errors.WithMessagef(ErrFields, "encode: %d bytes, limit %d", size, MaxFieldsSize)
	}
	b = append(append(b, magic...), byte(len(fields)))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value := fields[key]
		b = binary.LittleEndian.AppendUint16(b, uint16(len(key)))
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
		b = append(append(b, key...), value...)
	}
	return b, nil
}

// DecodeFields is the inverse of AppendFields. Nothing may follow the fields.
func DecodeFields(b []byte) (map[string]string, error) {
	if len(b) > MaxFieldsSize {
		return nil, errors.WithMessagef(ErrFields, "decode: %d bytes, limit %d", len(b),
			MaxFieldsSize)
	}
	if len(b) < len(magic)+1 || string(b[:len(magic)]) != magic {
		return nil, errors.WithMessage(ErrFields, "decode: magic")
	}
	count, rest := int(b[len(magic)]), b[len(magic)+1:]
	if count > MaxFields {
		return nil, errors.WithMessagef(ErrFields, "decode: %d, limit %d", count, MaxFields)
	}
	fields := map[string]string{}
	for i := range count {
		if len(rest) < 4 {
			return nil, errors.WithMessagef(ErrFields, "decode: field %d: lengths", i)
		}
		keyLen, valueLen := int(binary.LittleEndian.Uint16(rest)),
			int(binary.LittleEndian.Uint16(rest[2:]))
		rest = rest[4:]
		if len(rest) < keyLen+valueLen {
			return nil, errors.WithMessagef(ErrFields, "decode: field %d: %d + %d bytes of %d", i,
				keyLen, valueLen, len(rest))
		}
		key := string(rest[:keyLen])
		if _, twice := fields[key]; twice {
			return nil, errors.WithMessagef(ErrFields, "decode: field %d: %q again", i, key)
		}
		fields[key] = string(rest[keyLen : keyLen+valueLen])
		rest = rest[keyLen+valueLen:]
	}
	if len(rest) > 0 {
		return nil, errors.WithMessagef(ErrFields, "decode: %d bytes behind the fields", len(rest))
	}
	return fields, nil
}
