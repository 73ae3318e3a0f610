package main

// The flaws of the dissector, by the names that testdata/captures/README.md describes them under.
const (
	// flawChallenge: tag 16, CHALLENGE_AUTHORIZER, is unknown to it. Of the server it is out of
	// step from there on.
	flawChallenge = "challenge"
	// flawSecondConnect: it takes what a client says behind its first connect for frames of an open
	// session, whatever the server has answered.
	flawSecondConnect = "second-connect"
	// flawPayload: it gives a packet up when it comes to a payload that is newer than itself.
	flawPayload = "payload"
	// flawLoneSeq: it shows the reply SEQ together with the number behind it, or not at all.
	flawLoneSeq = "lone-seq"
	// flawLost: it does not get over a packet that the recording lacks.
	flawLost = "lost"
	// flawFault: it goes on reading where a peer has said what it must not.
	flawFault = "fault"
)

// flaw names the flaw that explains why the dissector does not see the i-th frame as it is, empty
// if none does.
func (c *conversation) flaw(i int, theirs map[int][]*structure) string {
	f := c.frames[i]
	if flaw, since := c.outOfStep(f.from); flaw != "" && f.packet >= since {
		return flaw
	}
	for _, s := range theirs[f.packet] {
		if s.givenUp {
			return flawPayload
		}
	}
	if f.name == "SEQ" {
		for _, next := range c.frames[i+1:] {
			if next.name == "seq" && next.from == f.from && !next.unread {
				return ""
			}
		}
		return flawLoneSeq
	}
	return ""
}

// outOfStep tells what makes the dissector lose its way on one side of the conversation, and in
// which packet; no flaw if nothing does.
func (c *conversation) outOfStep(from string) (flaw string, since int) {
	connects := 0
	for _, f := range c.frames {
		if f.from != from {
			continue
		}
		if f.name == "CONNECT" {
			connects++
		}
		switch {
		case c.midway, f.unread && f.packet == 0:
			return flawLost, 0
		case f.name == "CHALLENGE_AUTHORIZER":
			return flawChallenge, f.packet
		case connects == 2:
			return flawSecondConnect, f.packet
		case f.malformed:
			return flawFault, f.packet
		}
	}
	return "", 0
}
