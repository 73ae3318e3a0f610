package main

var (
	sessionTests = []string{"./session"}
	exitTests    = []string{"./protocol"}
)

// Bugs of the monitor: who serves a session, and what is done behind its lock.
var sessionMutants = []mutant{
	{"an old carrier goes on", "session/next.go", "\t\tif s.carrier == c {\n", "\t\tif s.carrier != nil {\n",
		"two writers serve one session", sessionTests},
	{"the old socket stays open at a takeover", "session/takeover.go", "\ts.dropLinkLocked()\n\ts.leaveCarrierLocked()\n", "\ts.leaveCarrierLocked()\n",
		"the peer waits on a socket that nobody reads, and the descriptor leaks", sessionTests},
	{"who has left sleeps on", "session/leave.go", "\t\ts.carrier.Leave()\n\t}\n\ts.wakeLocked()\n", "\t\ts.carrier.Leave()\n\t}\n",
		"the goroutine of a session that has ended is never seen again", sessionTests},
	{"nobody is told that a delivery is over", "session/receive.go", "\t\t\ts.laterLocked().call = s.whenIdle\n", "",
		"a peer that comes back during a dispatch is never answered", sessions},
	{"what is left is done twice", "session/session.go", "\ts.later = nil\n", "",
		"the next transition closes the next socket too", sessionTests},
	{"an ended session takes messages", "session/send.go", "return s.state == protocol.Closed || s.leaving || s.endsOrderlyLocked()", "return s.leaving || s.endsOrderlyLocked()",
		"a message vanishes that Send has taken", sessionTests},
	{"what an evicted session has received is dispatched", "protocol/exit.go", "{\"evict\", \"evicted\", true,", "{\"evict\", \"evicted\", false,",
		"messages come behind the reset event", exitTests},
	{"who is leaving takes messages", "session/send.go", "return s.state == protocol.Closed || s.leaving || s.endsOrderlyLocked()", "return s.state == protocol.Closed || s.endsOrderlyLocked()",
		"a close that waits for a socket never ends", sessions},
	{"a close without a socket drops what is queued", "protocol/depart.go", "case state != Open && empty:", "case state != Open:",
		"messages are lost without a word", sessions},
	{"CLOSE before the acks", "protocol/depart.go", "state == Open && (lossy || empty)", "state == Open",
		"a graceful close loses what a broken socket held", sessions},
	{"a write cut short has arrived", "session/session.go", "b.only, b.watched = false, false", "b.only = false",
		"who asks is told of a message that it arrived, and then of its loss", sessions},
	{"an ack tells nobody", "session/receive.go", "s.out.ack(seq, s.arrivedLocked)", "s.out.ack(seq, func(*fate) {})",
		"who waits for a delivery waits for ever", sessions},
	{"a flush waits for one priority", "session/flush.go", "\tfor i := range out.queues {\n", "\tfor i := range min(1, len(out.queues)) {\n",
		"what has low priority is lost after a flush", sessions},
	{"a flush hangs on what is withdrawn", "session/delivery.go", "s.moveFlushesLocked(f, before)", "_ = before",
		"a flush never ends", sessions},
	{"CLOSE waits for what is withdrawn", "session/delivery.go", "\tif s.endsOrderlyLocked() {\n", "\tif false {\n",
		"an orderly end takes all of its time", sessions},
	{"what is lost while leaving is forgotten", "session/session.go", "if s.leaving && loss.Unacked+loss.Unsent > 0 {", "if false {",
		"a graceful close, or a drain, says that all has arrived", sessions},
	{"a remote reset does not end the life of a session", "session/loss.go", "\tif s.life != nil {\n", "\tif s.life != nil && loss.Final {\n",
		"a request is waited for that will never be answered", sessions},
	{"a silent peer is not asked", "session/keepalive.go", "!s.silentLocked() && !due", "true",
		"healthy idle sessions are reset", sessions},
	{"our own delay is held against the peer", "protocol/stage.go", "\t\treturn true\n\tdefault:", "\t\treturn false\n\tdefault:",
		"a slow dispatcher costs its peers their sockets", sessions},
	{"a request to oneself is its reply", "request/client.go", "(m.Type != x.asks || !m.Connection().IsLoopback())", "true",
		"a call to oneself returns the question", []string{"./request"}},
	{"replies have one TID", "request/server.go", "\tits.TID = m.TID\n\terr := m.Connection().SendContext(ctx, &its)", "\treply.TID = m.TID\n\tits.TID = m.TID\n\terr := m.Connection().SendContext(ctx, reply)",
		"one reply for all reaches the last who asked", []string{"./request"}},
}
