package frame

import (
	"github.com/pkg/errors"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// ErrCRCOff: a checksum of the header or of the front or middle part is wrong and was sent as 0:
// the peer seems not to compute any (ms_crc_header = false), and we insist. It is a wire.ErrCRC
// too.
var ErrCRCOff = errors.New("the peer seems to run with ms_crc_header = false")

// ErrAborted: the sender gave the message up on the way. What is behind it is in order.
var ErrAborted = errors.New("aborted by sender")

// Security signs messages, and checks the signatures of others. Both may be called at the same
// time.
type Security interface {
	// Sign sets the signature of a footer that is complete otherwise.
	Sign(*wire.MessageHeader, *wire.Footer) error
	Check(*wire.MessageHeader, *wire.Footer) error
}

// Format is how the frames of one open session look: what its sides agreed on, and what this one
// computes.
type Format struct {
	Features wire.Features // of both sides
	// checksums of header, front and middle are neither computed nor checked (ms_crc_header)
	NoCRCHeader bool
	NoCRCData   bool     // those of data neither (ms_crc_data)
	Security    Security // nil: messages are not signed
}

// FooterSize returns the length of the footers in the session.
func (f *Format) FooterSize() int {
	if f.Features.Has(wire.FeatureMsgAuth) {
		return wire.FooterSize
	}
	return wire.FooterOldSize
}

// DecodeHeader reads a header of wire.MessageHeaderSize bytes. A message may have up to limit
// bytes: its length is the peer's word, so it is limited before it is believed.
func (f *Format) DecodeHeader(h *wire.MessageHeader, b []byte, limit uint64) error {
	if !f.NoCRCHeader {
		if err := wire.CheckMessageHeaderCRC(b); err != nil {
			if [4]byte(b[wire.MessageHeaderSize-4:]) == ([4]byte{}) {
				return &crcOffError{err}
			}
			return err
		}
	}
	if err := h.Decode(b); err != nil {
		return err
	}
	if size := h.PayloadLen(); size > limit {
		return errors.WithMessagef(protocol.ErrMessageTooLarge,
			"front_len %d + middle_len %d + data_len %d = %d, limit %d",
			h.FrontLen, h.MiddleLen, h.DataLen, size, limit)
	}
	return nil
}

// DecodeFooter reads a footer of FooterSize bytes. It returns ErrAborted if the message is not
// complete.
func (f *Format) DecodeFooter(footer *wire.Footer, b []byte) error {
	var err error
	if len(b) == wire.FooterSize {
		err = footer.Decode(b)
	} else {
		err = footer.DecodeOld(b)
	}
	if err != nil {
		return err
	}
	if footer.Flags&wire.FooterComplete == 0 {
		return ErrAborted
	}
	return nil
}

// Check compares a footer with the checksums that were computed over the parts, and its signature
// with the session's key.
func (f *Format) Check(h *wire.MessageHeader, footer, computed *wire.Footer) error {
	if !f.NoCRCHeader {
		if footer.FrontCRC != computed.FrontCRC {
			return crcMismatch("front", h, footer.FrontCRC, computed.FrontCRC)
		}
		if footer.MiddleCRC != computed.MiddleCRC {
			return crcMismatch("middle", h, footer.MiddleCRC, computed.MiddleCRC)
		}
	}
	if !f.NoCRCData && footer.Flags&wire.FooterNoCRC == 0 && footer.DataCRC != computed.DataCRC {
		return crcMismatch("data", h, footer.DataCRC, computed.DataCRC)
	}
	if f.Security != nil {
		return f.Security.Check(h, footer)
	}
	return nil
}

func crcMismatch(part string, h *wire.MessageHeader, sent, computed uint32) error {
	err := errors.WithMessagef(wire.ErrCRC,
		"message type %d seq %d: %s part: sent %#08x, computed %#08x",
		h.Type, h.Seq, part, sent, computed)
	if sent == 0 && part != "data" {
		return &crcOffError{err}
	}
	return err
}

// crcOffError is a wrong checksum that was sent as 0.
type crcOffError struct{ err error }

func (e *crcOffError) Error() string   { return e.err.Error() + ": " + ErrCRCOff.Error() }
func (e *crcOffError) Unwrap() []error { return []error{e.err, ErrCRCOff} }
