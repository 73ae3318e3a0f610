package lab2

import (
	"math"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
	"simplemessenger/wire"
)

const retryWhy = "Again means another connect message on the same socket, without a banner, and " +
	"its global_seq never goes down. "

// retries asks for the answers after which the client tries again.
func retries(s *grade.Session) error {
	reset := event{Kind: kindReset}
	session := func(n uint32) structures.Reply {
		return answer(wire.TagRetrySession, func(r *structures.Reply) { r.ConnectSeq = n })
	}
	global := func(n uint32) structures.Reply {
		return answer(wire.TagRetryGlobal, func(r *structures.Reply) { r.GlobalSeq = n })
	}
	const resetWhy = retryWhy + "RESETSESSION: the server knows nothing of the session. It " +
		"begins anew with connect_seq 0, the user is told, and nothing has been received in it."
	const sessionWhy = retryWhy + "RETRY_SESSION: go on with the connect_seq of the reply, which " +
		"must be above ours, or it would go on for ever."
	const globalWhy = retryWhy + "RETRY_GLOBAL: go on with a global_seq above the reply's and " +
		"above ours. A number of 2³¹ or more that we have not counted ourselves is a lie: it " +
		"would take from all other peers what tells our old connect messages from new ones."
	fresh := opens(1)
	fresh.Open.Seq = true
	resetThenSeq := started("RESETSESSION, then SEQ", again()).
		retry(answer(wire.TagResetSession, nil), nil, 0, 21, resetWhy, reset).
		reply(ready(wire.TagSeq, 1), wire.AppendSeq(nil, 0), resetWhy, fresh)
	resetThenSeq.turns[2].send = wire.AppendSeq(nil, 0)
	resetThenSeq.turns[2].layout = grade.Layout{{"in_seq", wire.SeqSize}}
	proof := global(40)
	proof.AuthorizerLen = 36
	credentials := again()
	credentials.AuthorizerProtocol = wire.AuthNone
	credentials.Authorizer = structures.HexOf([]byte("eighteen bytes now"))
	return play(s,
		started("RESETSESSION, then READY", again()).
			retry(answer(wire.TagResetSession, nil), nil, 0, 21, resetWhy, reset).
			reply(ready(wire.TagReady, 1), nil, resetWhy, opens(1)),
		resetThenSeq,
		started("RESETSESSION to connect_seq 0", usual()).
			reply(answer(wire.TagResetSession, nil), nil, "There is nothing to reset: who "+
				"tried again would do so for ever.", fault).silent(),
		started("RETRY_SESSION", again()).retry(session(9), nil, 9, 21, sessionWhy).
			reply(ready(wire.TagReady, 10), nil, sessionWhy, opens(10)),
		started("RETRY_SESSION with our own number", again()).
			reply(session(4), nil, sessionWhy, fault).silent(),
		started("RETRY_GLOBAL", again()).retry(global(40), nil, 4, 41, globalWhy).
			reply(ready(wire.TagReady, 5), nil, globalWhy, opens(5)),
		started("RETRY_GLOBAL with a number below ours", again()).
			retry(global(3), nil, 4, 22, globalWhy),
		started("RETRY_GLOBAL with 2³¹", again()).
			reply(global(math.MaxInt32+1), nil, globalWhy, fault).silent(),
		started("RETRY_GLOBAL with an authorizer reply", credentials).
			retry(proof, make([]byte, 36), 4, 41, "An authorizer reply may follow every reply, "+
				"not READY alone: who reads only 26 bytes is out of step from there on.").
			reply(ready(wire.TagReady, 5), nil, globalWhy, opens(5)),
		started("one after the other", again()).
			retry(global(30), nil, 4, 31, globalWhy).
			retry(session(7), nil, 7, 31, sessionWhy).
			retry(answer(wire.TagResetSession, nil), nil, 0, 31, resetWhy, reset).
			reply(ready(wire.TagReady, 1), nil, resetWhy, opens(1)),
		started("WAIT", usual()).reply(answer(wire.TagWait, nil), nil, "We have called each "+
			"other, and the server's call stays: the attempt ends, and its user is told to wait.",
			event{Kind: kindWait}))
}
