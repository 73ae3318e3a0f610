package main

// What is called where no bug is switched on. buggy.go says what each is for.

func fixedSameConnectSeq(e *session, c connect) answer {
	return buggySameConnectSeq(e, c) // TODO
}

func fixedUnknownSession(c connect) answer {
	return buggyUnknownSession(c) // TODO
}

func fixedRestarted(e *session) {
	buggyRestarted(e) // TODO
}

func fixedRequeue(e *session) {
	buggyRequeue(e) // TODO
}

func fixedDiscard(e *session, had uint64) {
	buggyDiscard(e, had) // TODO
}

func fixedEncodeSeq(seq uint64) [8]byte {
	return buggyEncodeSeq(seq) // TODO
}

func fixedKeepalive(e *session, stamp [8]byte) {
	buggyKeepalive(e, stamp) // TODO
}

func fixedNumberOn(e *session) {
	buggyNumberOn(e) // TODO
}
