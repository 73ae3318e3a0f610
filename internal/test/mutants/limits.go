package main

// Bugs in what keeps a messenger alive: the guard around code of its user's, and the limits on what peers can make it hold.

var messengerTests = []string{"./simplemsgr"}

var limitMutants = []mutant{
	// Panics.
	{"a panic costs no session", "session/guard.go", "\tif c != nil && c.session != nil {\n\t\tc.session.reset(e)\n\t}\n", "",
		"a peer is answered as if its message had been handled", messengerTests},
	{"a signature's panic is asked for again", "session/fault.go", "s.state == protocol.Open && errors.As(err, &panicked)", "s.state == protocol.Closed && errors.As(err, &panicked)",
		"what panics over a session does so again with the next socket", messengerTests},
	{"a broken tracer is asked again", "simplemsgr/guard.go", "\t\tt.broken.Store(true)\n", "",
		"a stack in the log for every event", messengerTests},
	{"a panic keeps the session locked", "session/session.go", "\tdefer s.mu.Unlock()\n\tif l != nil && s.link != l {\n\t\treturn nil, false\n\t}\n", "\tif l != nil && s.link != l {\n\t\ts.mu.Unlock()\n\t\treturn nil, false\n\t}\n\tdefer func() {\n\t\tif run {\n\t\t\ts.mu.Unlock()\n\t\t}\n\t}()\n",
		"who recovers from a panic of its own code finds every later call stuck", []string{"./session"}},
	{"a panic keeps its message", "simplemsgr/dispatch.go", "if took || err != nil {", "if err == nil && took {",
		"what has panicked in the reader is dispatched again", messengerTests},

	// What waits.
	{"who does not read is read", "session/limit.go", "free = s.readsOnLocked(int64(payload) + MessageOverhead)", "free = true",
		"a peer that sends and never reads fills the out queue, and loses answers", messengerTests},
	{"readers wait for each other's acks", "session/limit.go", "s.out.queued == 0 && s.out.sent.len() > 0 || s.sentLimitReachedLocked()", "s.sentLimitReachedLocked()",
		"once sent and not acked messages fill all queues nobody is read again", messengerTests},
	{"empty messages wait for nothing", "session/limit.go", "own := out.bytes + MessageOverhead*int64(out.queued)", "own := out.bytes",
		"messages without payload eat the memory", messengerTests},
	{"a write makes no room", "session/next.go", "\ts.roomChangedLocked()\n\tif s.endsOrderlyLocked()", "\tif s.endsOrderlyLocked()",
		"a reader that has stopped never goes on", messengerTests},
	{"no reserve", "session/limit.go", "own+cost > QueueReserve", "cost > 0",
		"one peer that does not read leaves nothing to the others", messengerTests},
	{"what is dropped stays counted", "session/out_queue.go", "\tq.held.add(-(q.bytes + q.sentBytes + MessageOverhead*int64(unacked+unsent)))\n", "",
		"the limit of all queues shrinks with every session that ends", messengerTests},
	{"the dispatch queue takes all", "pipe/read_message.go", "if p.host.Dispatch().WaitForRoom(l.done, l.Connection()) {", "if false {",
		"messages without payload pile up before a slow dispatcher", messengerTests},
	{"all are let in, whoever handles their events", "pipe/accept.go", "if p.host.Dispatch().WaitForEventRoom(l.done) {", "if false {",
		"peers that come and go pile up events before a slow handler", messengerTests},
	{"one connection takes the room of all", "dispatchqueue/queue.go", "\t\tq.limitOwn > 0 && own.Load() >= int64(q.limitOwn)", "\t\tfalse",
		"a peer that floods a slow dispatcher keeps the others waiting", messengerTests},
	{"room of one connection is never given back", "dispatchqueue/handler.go", "i.Waiting.Add(-1)", "i.Waiting.Add(0)",
		"a connection stops for good after as many messages as its limit", messengerTests},

	// Sessions.
	{"the youngest goes first", "simplemsgr/sessions.go", "p.element = g.idle.PushBack(t)", "p.element = g.idle.PushFront(t)",
		"who has just left loses its session to those that are gone for good", messengerTests},
	{"a host has all places", "simplemsgr/sessions.go", "limit <= 0 || g == nil || g.count < limit", "limit <= 0 || g == nil || g.count <= limit",
		"one session more than the limit", messengerTests},
	{"who calls in vain keeps its place", "protocol/wait.go", "state == Standby || state == Connecting && pause > 0", "state == Standby",
		"peers of equals that are gone for good keep all others out", messengerTests},
	{"places are never given back", "simplemsgr/sessions.go", "if g.count--; g.count == 0 {", "if g.count == 0 {",
		"after as many sessions as the limit nobody is accepted any more", messengerTests},
	{"daemons expire", "simplemsgr/sessions.go", "if c.PeerType() == wire.EntityClient {", "if c.PeerType() == wire.EntityClient || true {",
		"a daemon that is down for a while loses its session", messengerTests},
	{"the timer runs once", "simplemsgr/sessions.go", "\ts.arm()\n\treturn nil\n", "\treturn nil\n",
		"only the first client that stands by expires", messengerTests},
}
