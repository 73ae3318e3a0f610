package protocol

import (
	"math"

	"github.com/pkg/errors"
)

// The ends of the counters. A session that cannot count on is begun anew: its user is told of a
// remote reset, its peer by RESETSESSION. To go on at 0 would make new connections and messages
// look older than all before.
const (
	lastConnectSeq uint32 = math.MaxUint32
	lastGlobalSeq  uint32 = math.MaxUint32
	LastSeq        uint64 = math.MaxUint64
)

// ErrExhausted: the session has used up its numbers.
var ErrExhausted = errors.New("session has used up its numbers")

// Exhausted reports whether a session cannot go on: connect_seq, the number of the last message
// received, or that of the last one sent while there are more to be sent, is at its end.
func Exhausted(connectSeq uint32, inSeq, outSeq uint64, queued bool) bool {
	return connectSeq == lastConnectSeq || inSeq == LastSeq || outSeq == LastSeq && queued
}

// NextConnectSeq is the number of a session's next connection. At its end it stays, and the session
// is exhausted.
func NextConnectSeq(n uint32) uint32 {
	if n == lastConnectSeq {
		return n
	}
	return n + 1
}

// NextGlobalSeq is the number of a messenger's next connection: above the latest, and above one
// that was seen. At its end it stays: nobody takes such a connect message for an old one, but old
// ones are not told apart any more.
func NextGlobalSeq(latest, seen uint32) uint32 {
	n := max(latest, seen)
	if n == lastGlobalSeq {
		return n
	}
	return n + 1
}
