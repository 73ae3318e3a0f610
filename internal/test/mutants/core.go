package main

// Bugs below and above the pipe.

var (
	dispatchqueueTests = []string{"./dispatchqueue"}
	throttleTests      = []string{"./throttle"}
	wireTests          = []string{"./wire"}
)

var dispatchqueueMutants = []mutant{
	{"lowest priority first", "dispatchqueue/prioritized.go", "highest := len(p.strict) - 1", "highest := 0",
		"urgent messages wait for the others", dispatchqueueTests},
	{"no turns", "dispatchqueue/subqueue.go", "\t\ts.turn = c.next\n\t}\n\treturn e", "\t\ts.turn = c\n\t}\n\treturn e",
		"one busy connection keeps the others waiting", dispatchqueueTests},
	{"tokens are not taken", "dispatchqueue/prioritized.go", "\t\t\ts.bucket.take(cost)\n", "",
		"a low priority that has saved up once goes before all others", dispatchqueueTests},
	{"messages before events", "dispatchqueue/queue.go", "if e, ok := q.events.pop(); ok {", "if e, ok := q.events.pop(); ok && q.messages.length == 0 {",
		"messages are dispatched before the event that announces their connection", dispatchqueueTests},
	{"discard keeps the throttle", "dispatchqueue/queue.go", "\tq.handler.Discard(item.Connection, item.Message)\n\tq.throttle.Put(item.ThrottleSize)\n", "\tq.handler.Discard(item.Connection, item.Message)\n",
		"the dispatch throttle shrinks with every reset", dispatchqueueTests},
	{"shutdown dispatches", "dispatchqueue/queue.go", "discard := q.stopping", "discard := false",
		"messages are dispatched during the shutdown", dispatchqueueTests},
	{"discard leaves one", "dispatchqueue/subqueue.go", "first, last, n = c.head, c.tail, c.length", "first, last, n = c.head.next, c.tail, c.length-1",
		"a message of a dead connection vanishes with its throttle", dispatchqueueTests},
}

var throttleMutants = []mutant{
	{"slipping in", "throttle/throttle.go", "if t.waiters.Len() > 0 || !t.hasRoomFor(n) {", "if !t.hasRoomFor(n) {",
		"large messages starve behind small ones", throttleTests},
	{"withdrawal wakes nobody", "throttle/throttle.go", "ready := t.grantWaiters() // the ones behind may have waited for this one only\n", "var ready []func()\n",
		"who waits behind one that has given up waits for ever", throttleTests},
	{"one too few", "throttle/throttle.go", "return t.current <= t.max-n", "return t.current < t.max-n",
		"the limit cannot be used up", throttleTests},
	{"giving back wakes nobody", "throttle/throttle.go", "\tt.current -= n\n\tready := t.grantWaiters()\n", "\tt.current -= n\n\tvar ready []func()\n",
		"who waits waits for ever", throttleTests},
	{"larger than the limit", "throttle/throttle.go", "return t.current <= t.max\n", "return false\n",
		"a message larger than the throttle is never read", throttleTests},
}

var wireMutants = []mutant{
	{"addresses compared by number", "wire/entity_addr.go", "func (a EntityAddr) memory(b []byte) []byte {\n\tb = binary.LittleEndian.AppendUint32(b, uint32(a.Type))\n\tb = binary.LittleEndian.AppendUint32(b, a.Nonce)", "func (a EntityAddr) memory(b []byte) []byte {\n\tb = binary.LittleEndian.AppendUint32(b, uint32(a.Type))\n\tb = binary.BigEndian.AppendUint32(b, a.Nonce)",
		"races against real peers are decided the other way", wireTests},
	{"port in host order", "wire/entity_addr.go", "b = binary.BigEndian.AppendUint16(b, a.Port)", "b = binary.LittleEndian.AppendUint16(b, a.Port)",
		"nobody finds us", wireTests},
	{"usual crc32c", "wire/crc.go", "return ^crc32.Update(^seed, castagnoli, p)", "return crc32.Update(seed, castagnoli, p)",
		"every checksum is wrong", wireTests},
	{"signature at the wrong place", "wire/footer.go", "f.Signature = binary.LittleEndian.Uint64(b[12:])", "f.Signature = binary.LittleEndian.Uint64(b[8:])",
		"no signature is right", wireTests},
	{"half a seq", "wire/message_header.go", "h.Seq = binary.LittleEndian.Uint64(b)", "h.Seq = uint64(binary.LittleEndian.Uint32(b))",
		"sequence numbers end at 32 bits", wireTests},
	{"any bit will do", "wire/feature.go", "return f&mask == mask", "return f&mask != 0",
		"features of a later incarnation are seen where there are none", wireTests},
	{"blank answers to any nonce", "wire/entity_addr.go", "if a.Port != b.Port || a.Nonce != b.Nonce {", "if a.Port != b.Port {",
		"a restarted server is taken for the old one", wireTests},
}

var simplemsgrMutants = []mutant{
	{"global_seq below the peer's", "simplemsgr/host.go", "h.globalSeq = protocol.NextGlobalSeq(h.globalSeq, seen)", "h.globalSeq = protocol.NextGlobalSeq(h.globalSeq, 0)",
		"a restarted messenger needs a round for each connection that it had begun before", sessions},
	{"a new connection for each Connect", "session/call.go", "\t\tif c != nil {\n", "\t\tif c != nil && false {\n",
		"there are two sessions with one peer", lifecycle},
	{"old pipes unregister new ones", "session/table.go", "i := slices.Index(at, s)", "i := len(at) - 1",
		"a session goes on that nobody finds", lifecycle},
	{"accepted pipes stay in the accepting set", "session/table.go", "\tdelete(t.accepting, accepted)\n\taddr", "\taddr",
		"after as many connections as handshakes are allowed nobody can connect", lifecycle},
	{"shutdown leaves connections", "simplemsgr/lifecycle.go", "\tm.dropped = m.markDownAll()\n", "",
		"the shutdown waits for the peers", lifecycle},
	{"rebind keeps the nonce", "simplemsgr/lifecycle.go", "\tfor nonce == m.Addr().Nonce {", "\tfor nonce = m.Addr().Nonce; false; {",
		"peers take the new messenger for the old one", lifecycle},
	{"learns a known address", "simplemsgr/host.go", "if !h.addr.IsBlankIP() || seen.IsBlankIP() || h.config.DisableLearnAddr {", "if seen.IsBlankIP() || h.config.DisableLearnAddr {",
		"any peer can rename us", lifecycle},
	{"learns an address that it shall not", "simplemsgr/host.go", " || h.config.DisableLearnAddr", "",
		"a peer names us although the user forbids it", lifecycle},
	{"the type of an address makes a peer", "session/table.go", "{ return addr.Untyped() }", "{ return addr }",
		"a peer has a session for each type that its address is given", lifecycle},
	{"the wildcard is nobody", "simplemsgr/connect.go", "return bound.IP.IsUnspecified() && bound.IP.IsValid() &&", "return false &&",
		"what is sent to one of our own addresses is never delivered", lifecycle},
	{"any nonce is ours", "simplemsgr/connect.go", "peer.IsBlankIP() || peer.Nonce != addr.Nonce", "peer.IsBlankIP()",
		"what is sent to another messenger at our host and port is delivered here", lifecycle},
	{"calls nobody for ever", "simplemsgr/connect.go", "case peer.Addr.Port == 0:", "case peer.Addr.Port == 0 && false:",
		"an address without a port is dialled in vain, again and again", lifecycle},
	{"announces its socket", "simplemsgr/lifecycle.go", "m.addr = m.config.announced(m.bound)", "m.addr = m.bound",
		"nobody outside of a container can call back", lifecycle},
}
