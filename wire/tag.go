package wire

import "strconv"

// Tag is the byte that starts a frame, and the verdict in a ConnectReply.
type Tag uint8

// The sixteen tags of protocol v1. "Server" is the side that accepted the socket.
const (
	TagReady        Tag = 1 // server: the session is open
	TagResetSession Tag = 2 // server: I have no such session; begin anew with connect_seq 0
	TagWait         Tag = 3 // server: my own connection to you wins the race; wait for it
	TagRetrySession Tag = 4 // server: the reply's connect_seq is what to use next
	// server: the reply's global_seq is what I have seen; choose a larger one
	TagRetryGlobal         Tag = 5
	TagClose               Tag = 6  // both: orderly close
	TagMsg                 Tag = 7  // both: a message follows
	TagAck                 Tag = 8  // both: an Ack follows
	TagKeepalive           Tag = 9  // both: nothing follows
	TagBadProtoVer         Tag = 10 // server: the reply's protocol_version is mine
	TagBadAuthorizer       Tag = 11 // server: try once more with a fresh authorizer
	TagFeatures            Tag = 12 // server: the reply's features say what is required
	TagSeq                 Tag = 13 // server: as READY, and both sides tell their in_seq
	TagKeepalive2          Tag = 14 // both: a Timespec follows
	TagKeepalive2Ack       Tag = 15 // both: the Timespec of the KEEPALIVE2 follows
	TagChallengeAuthorizer Tag = 16 // server: the authorizer reply holds a challenge; answer it
)

var tagNames = [...]string{
	TagReady: "READY", TagResetSession: "RESETSESSION", TagWait: "WAIT",
	TagRetrySession: "RETRY_SESSION",
	TagRetryGlobal:  "RETRY_GLOBAL", TagClose: "CLOSE", TagMsg: "MSG", TagAck: "ACK",
	TagKeepalive:   "KEEPALIVE",
	TagBadProtoVer: "BADPROTOVER", TagBadAuthorizer: "BADAUTHORIZER", TagFeatures: "FEATURES",
	TagSeq:        "SEQ",
	TagKeepalive2: "KEEPALIVE2", TagKeepalive2Ack: "KEEPALIVE2_ACK",
	TagChallengeAuthorizer: "CHALLENGE_AUTHORIZER",
}

// String returns the protocol's name of the tag, or "TAG_n" for an unknown one.
func (t Tag) String() string {
	if t.Valid() {
		return tagNames[t]
	}
	return "TAG_" + strconv.Itoa(int(t))
}

// Valid reports whether t is one of the sixteen tags.
func (t Tag) Valid() bool { return t >= TagReady && t <= TagChallengeAuthorizer }

// MarshalText implements encoding.TextMarshaler with the form of String.
func (t Tag) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
