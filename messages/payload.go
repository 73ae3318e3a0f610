package messages

// Payload is the front part of a message of one type. The pointers to the structures of this
// package that are one implement it: *Auth, *AuthReply, *Config, *Log, *MgrMap, *MonCommand,
// *MonCommandAck, *MonMap, *MonSubscribe, *MonSubscribeAck, *OSDBackoff, *OSDBeacon, *OSDBoot,
// *OSDMaps, *OSDOp and *OSDOpReply. So can those of a program of its own. Package request makes
// messages of them.
type Payload interface {
	// Header returns what stands in the header of a message with that payload.
	Header() Header
	// Append appends the front part that encodes the payload to b.
	Append(b []byte) []byte
	// Decode reads a front part of the given version, which stands in the message's header. It
	// keeps no reference to front.
	Decode(version uint16, front []byte) error
}

// Header is what a message's header says of its payload.
type Header struct {
	Type          Type
	Version       uint16 // of what Append encodes
	CompatVersion uint16 // the oldest version whose readers understand that
}
