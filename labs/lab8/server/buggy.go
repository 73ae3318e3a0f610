package server

// These are bugs that a messenger of this protocol once had, as its history tells them. Each is
// switched on by its number. Otherwise what you write in fixed.go is called.

// Bug 1: what happens if a connect message has the connect_seq of the session, above 0. The session
// may be open on another socket, and both sides count sockets that the other has not seen.
// Ceph f78a4010f1.
func sameConnectSeq(bug int, e *session, c connect) answer {
	if bug != 1 {
		return fixedSameConnectSeq(e, c)
	}
	return buggySameConnectSeq(e, c)
}

func buggySameConnectSeq(_ *session, c connect) answer { return goOn(c) }

// Bug 2: what happens if a peer goes on with a session of which there is nothing here. Ceph
// 4be0235d74, 8cd1fdd7a7, tracker 10080.
func unknownSession(bug int, c connect) answer {
	if bug != 2 {
		return fixedUnknownSession(c)
	}
	return buggyUnknownSession(c)
}

func buggyUnknownSession(c connect) answer {
	return answer{tag: tagRetrySession, connectSeq: c.connectSeq + 1}
}

// Bug 3: what becomes of a session whose peer comes with connect_seq 0: it was restarted. Ceph
// bdee119076, tracker 8232.
func restarted(bug int, e *session) {
	if bug != 3 {
		fixedRestarted(e)
		return
	}
	buggyRestarted(e)
}

func buggyRestarted(e *session) {
	e.queue, e.sent = nil, nil
	e.outSeq = 0
}

// Bug 4: what was sent and not acked is put back, to be sent again on the next socket. Ceph
// d7b7acefc8, tracker 4627.
func requeue(bug int, e *session) {
	if bug != 4 {
		fixedRequeue(e)
		return
	}
	buggyRequeue(e)
}

func buggyRequeue(e *session) {
	for len(e.sent) > 0 {
		m := e.sent[0]
		e.sent = e.sent[1:]
		e.queue = append([]*message{m}, e.queue...)
	}
}

// Bug 5: behind SEQ the peer has told the number of the last message that it has. What is to be
// sent again is in the queue already. Ceph 541cd3c64b, 495ee108db.
func discard(bug int, e *session, had uint64) {
	if bug != 5 {
		fixedDiscard(e, had)
		return
	}
	buggyDiscard(e, had)
}

func buggyDiscard(e *session, had uint64) { e.outSeq = max(e.outSeq, had) }

// Bug 6: the number of the last message that was received, as ACK and the exchange behind SEQ have
// it. Ceph d52832d498, tracker 16122.
func encodeSeq(bug int, seq uint64) [8]byte {
	if bug != 6 {
		return fixedEncodeSeq(seq)
	}
	return buggyEncodeSeq(seq)
}

func buggyEncodeSeq(seq uint64) (b [8]byte) {
	n := uint32(seq)
	little.PutUint32(b[:], n)
	return b
}

// Bug 7: a KEEPALIVE2 has come, with a stamp. What is in stamps is answered. Ceph aeb979ae4d,
// tracker 17664.
func keepalive(bug int, e *session, stamp [8]byte) {
	if bug != 7 {
		fixedKeepalive(e, stamp)
		return
	}
	buggyKeepalive(e, stamp)
}

func buggyKeepalive(e *session, stamp [8]byte) {
	if e.lastStamp == ([8]byte{}) {
		e.lastStamp = stamp
	}
	e.stamps = append(e.stamps, e.lastStamp)
}

// Bug 8: which number the next new message will have on another socket of the session. Ceph
// 764cce1578, tracker 23807.
func numberOn(bug int, e *session) {
	if bug != 8 {
		fixedNumberOn(e)
		return
	}
	buggyNumberOn(e)
}

func buggyNumberOn(e *session) {
	e.outSeq = 0
	for _, m := range e.queue {
		e.outSeq = max(e.outSeq, m.seq)
	}
}
