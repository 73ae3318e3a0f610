package decode

import (
	"time"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// Kind tells what a frame is.
type Kind uint8

// The kinds of frames, in the order in which they come up on a connection.
const (
	KindBanner  Kind = iota + 1 // the banner with the address or addresses behind it
	KindConnect                 // a connect with its authorizer
	KindReply                   // a connect reply, which has a tag, with its authorizer reply
	KindSeq                     // the number that each side sends after the reply SEQ
	KindTagged                  // a frame of the open session, which has a tag
	KindUnknown                 // bytes that could not be assigned
)

// Frame is one thing that one side said.
type Frame struct {
	Direction capture.Direction
	// Time and Packet are those of the frame's last byte; zero if they are not known.
	Time   time.Time
	Packet int
	// Offset of the first byte from the start of the stream in this direction.
	Offset int64
	Bytes  []byte
	Kind   Kind
	// Tag is that of a KindReply or KindTagged.
	Tag wire.Tag
	// Summary says in a few words what the frame says.
	Summary string
	Fields  []Field
	// Malformed holds everything that is wrong with the frame.
	Malformed []error
	// Incomplete says that the recording lacks a part of the frame, and Note which. Note may say
	// other things as well.
	Incomplete bool
	Note       string
}

// Field is one field of a frame. A field of an inner structure has a name with a dot, such as
// "footer.flags".
type Field struct {
	Name string
	// Offset in bytes from the start of the frame, and Size in bytes.
	Offset, Size int
	// Value is a number, a string or a [Hex] or [Big]; it can be written as JSON.
	Value any
	// Text is what the value means to a human, if that is more than the value.
	Text string
}

// Name returns what the frame is called: the name of its tag, or BANNER, CONNECT, seq, or ? for a
// KindUnknown.
func (f *Frame) Name() string {
	switch f.Kind {
	case KindBanner:
		return "BANNER"
	case KindConnect:
		return "CONNECT"
	case KindSeq:
		return "seq"
	case KindReply, KindTagged:
		return f.Tag.String()
	}
	return "?"
}

// Field returns the value of the named field, or nil.
func (f *Frame) Field(name string) any {
	for _, field := range f.Fields {
		if field.Name == name {
			return field.Value
		}
	}
	return nil
}
