package lab8

import "simplemessenger/labs/grade"

// A bug is one of history.
type bug struct {
	number int
	name   string
	// section is what to read.
	section string
	// effect says what somebody sees who meets it.
	effect string
	// hidden are the cases of the conformance kit that a fix must pass.
	hidden []string
	// ask is what is asked of the fix directly; nil if the cases show all.
	ask func(*grade.Session) error
}

const (
	aboutNumbers  = "protocol.md#sequence-numbers-and-acknowledgements"
	aboutExchange = "protocol.md#the-exchange-after-seq"
)

// bugs are in the order of the steps: those of the handshake first.
var bugs = []bug{
	{1, "same connect_seq", "negotiation.md#same-connect_seq",
		"a late connect message takes the session away from the socket that has it", []string{
			"reconnect/same-connect-seq", "reconnect/same-connect-seq-of-open",
			"reconnect/same-connect-seq-high", "reconnect/same-connect-seq-then-replaced",
			"reconnect/open-is-found-at-once"}, nil},
	{2, "unknown session", "negotiation.md#unknown-session",
		"a peer that goes on with a session that the server has lost tries again for ever",
		[]string{"accept/unknown-session-obeyed", "accept/reset-then-new",
			"accept/reset-for-each-number", "connect/cut-leaves-no-session",
			"close/session-is-gone"}, nil},
	{3, "restart", "negotiation.md#peer-restarted",
		"a peer that was restarted sends messages that nobody takes", []string{
			"reconnect/restarted", "reconnect/restarted-acked",
			"reconnect/restarted-again-and-again"}, nil},
	{4, "order", aboutNumbers, "what is sent again comes in another order than the first time",
		[]string{"resume/answers-acked", "resume/ready", "resume/unanswered-many",
			"resume/ten-faults"}, asksOrder},
	{5, "duplicates", aboutExchange, "the server sends again what the peer has said it has",
		[]string{"resume/answers-had-partly", "resume/cut-tag", "resume/cut-data",
			"checksum/sent-again"}, nil},
	{6, "wide numbers", "protocol.md#ack-9-bytes", "after 2³² messages of a session nothing is " +
		"acked any more", []string{"resume/truth-wide", "sequence/across-32-bits",
		"sequence/across-63-bits", "ack/gap"}, nil},
	{7, "stamps", "protocol.md#keepalive2-9-bytes", "the peer takes the server for dead although " +
		"it answers", []string{"keepalive/one-by-one", "keepalive/several-at-once",
		"keepalive/on-resumed"}, nil},
	{8, "next number", aboutNumbers, "after a fault new messages of the server are dropped by the " +
		"peer as old ones", []string{"resume/answer-had", "resume/idle-faults"}, nil},
}

// whole are the beginnings of names of the cases that a server must pass at the end.
var whole = []string{"accept/", "ack/", "checksum/", "close/", "connect/", "keepalive/", "message/",
	"reconnect/", "resume/", "sequence/"}
