package protocol

// Numbers is what a session counts and owes: everything of it that outlives a socket but the
// messages themselves. It is a plain value, and each method that changes it is one transition;
// package internal/test/model drives the same ones.
type Numbers struct {
	ConnectSeq    uint32 // connections there were within this session
	PeerGlobalSeq uint32 // of the peer's latest connection

	OutSeq     uint64 // of the last message taken for writing
	InSeq      uint64 // of the last message taken in
	InSeqAcked uint64 // of the last ack written

	Keepalive    bool // a KEEPALIVE is to be written
	KeepaliveAck bool // a KEEPALIVE2_ACK is to be written
	// PeerWaits: we told the peer to wait for our connection. Then it is owed one, even if nothing
	// is queued, until it has answered a keepalive on it.
	PeerWaits bool
	// PromiseBroken: an attempt of ours has failed since.
	PromiseBroken bool
	// Renounced: this side has given the session up, and the peer does not know yet.
	Renounced bool
}

// HasWork reports whether there is something for the sake of which to connect. queued says that
// messages are to be written.
func (n *Numbers) HasWork(queued bool) bool { return queued || n.Keepalive || n.PeerWaits }

// Open takes what was agreed on a new connection. keepalive2 says that the peer will answer a
// KEEPALIVE2.
func (n *Numbers) Open(connectSeq, peerGlobalSeq uint32, keepalive2 bool) {
	n.ConnectSeq, n.PeerGlobalSeq = connectSeq, peerGlobalSeq
	n.PromiseBroken, n.Renounced = false, false
	if n.PeerWaits {
		// What opened it may have been left in a socket that the peer has given up, where nobody
		// will answer.
		n.Keepalive = true
		n.PeerWaits = keepalive2
	}
}

// Reset begins the session anew after the peer has lost it. The next message gets the number behind
// first.
func (n *Numbers) Reset(first uint64) {
	n.OutSeq, n.InSeq, n.InSeqAcked = first, 0, 0
	n.ConnectSeq = 0
	n.KeepaliveAck = false
}

// TakeOver goes on with a connection that the peer has opened. freshPeer says that it knows nothing
// of the session, so that its first message has a low number.
func (n *Numbers) TakeOver(freshPeer bool) {
	if freshPeer {
		n.InSeq = 0
	}
	n.InSeqAcked = n.InSeq // SEQ tells the peer what we have
	n.KeepaliveAck = false // it was asked for on the old socket
}

// Fault is what a broken socket changes.
func (n *Numbers) Fault(after Aftermath) {
	n.KeepaliveAck = false
	if after.BumpConnectSeq {
		n.ConnectSeq = NextConnectSeq(n.ConnectSeq)
	}
}

// LeaveStandby is what changes when a session in STANDBY has work: one that was open once goes on
// with its next connection.
func (n *Numbers) LeaveStandby() {
	if n.ConnectSeq > 0 {
		n.ConnectSeq = NextConnectSeq(n.ConnectSeq)
	}
}

// Retry goes on with the connect_seq that an answer to our connect message asks for.
func (n *Numbers) Retry(connectSeq uint32) { n.ConnectSeq = connectSeq }

// FailAccept takes back a connection that was counted and of which the peer has not heard: for it
// there was none.
func (n *Numbers) FailAccept(before uint32) { n.ConnectSeq = before }

// Promise is what WAIT means for who says it: our connection must come, even if this attempt fails
// and nothing is queued.
func (n *Numbers) Promise() { n.Keepalive, n.PeerWaits = true, true }

// FailAttempt is what a failed attempt to connect does to such a promise.
func (n *Numbers) FailAttempt() { n.PromiseBroken = n.PeerWaits }

// Renounce gives the session up, after Reset. The peer is told when it comes.
func (n *Numbers) Renounce() { n.Renounced = true }

// AskKeepalive has a KEEPALIVE written, if need be on a new connection.
func (n *Numbers) AskKeepalive() { n.Keepalive = true }

// TakeKeepalive reports whether a KEEPALIVE is to be written, which it is then.
func (n *Numbers) TakeKeepalive() bool {
	taken := n.Keepalive
	n.Keepalive = false
	return taken
}

// OweKeepaliveAck notes that a KEEPALIVE2 came. One answer is enough for all that came before it.
func (n *Numbers) OweKeepaliveAck() { n.KeepaliveAck = true }

// TakeKeepaliveAck reports whether a KEEPALIVE2_ACK is to be written, which it is then.
func (n *Numbers) TakeKeepaliveAck() bool {
	taken := n.KeepaliveAck
	n.KeepaliveAck = false
	return taken
}

// KeepaliveAnswered notes that the peer has answered: the connection that it waited for has come.
func (n *Numbers) KeepaliveAnswered() { n.PeerWaits = false }

// Take returns the number of the next message to be written.
func (n *Numbers) Take() uint64 {
	n.OutSeq++
	return n.OutSeq
}

// Requeue takes the numbers of the last messages back: they will be written again, in the same
// order, so that each gets its own again.
func (n *Numbers) Requeue(messages int) { n.OutSeq -= uint64(messages) }

// Discard goes beyond the requeued messages that the peer turns out to have, and to the number that
// it claims to have. ahead says that this was never sent. Were we to number on below the claim, the
// peer would take new messages for old ones and drop them.
func (n *Numbers) Discard(messages int, claimed uint64) (ahead bool) {
	n.OutSeq += uint64(messages)
	if claimed <= n.OutSeq {
		return false
	}
	n.OutSeq = claimed
	return true
}

// Receipt is what a received message is to a session.
type Receipt uint8

// The receipts.
const (
	ReceiptNext      Receipt = iota // to be delivered
	ReceiptGap                      // to be delivered, although numbers are missing before it
	ReceiptDuplicate                // to be dropped
)

// Receive takes the number of a received message. seqs says that both sides exchange what they have
// after a fault (RECONNECT_SEQ).
func (n *Numbers) Receive(seq uint64, seqs bool) Receipt {
	switch {
	case seq <= n.InSeq:
		if seq > 0 && !seqs {
			// A peer without SEQ sends again what it has no ack for: it would keep it for ever, so
			// that is acked again.
			n.InSeqAcked = min(n.InSeqAcked, seq-1)
		}
		return ReceiptDuplicate
	case seq != n.InSeq+1 && n.InSeq != 0:
		n.InSeq = seq
		return ReceiptGap
	}
	n.InSeq = seq
	return ReceiptNext
}

// AckDue reports whether an ack is worth a write of its own. On a lossy session nobody waits for
// acks: they travel with whatever is written next.
func (n *Numbers) AckDue(lossy bool) bool { return n.InSeq > n.InSeqAcked && !lossy }

// Ack notes that the peer is told, by an ack or by SEQ, what we have, and returns that.
func (n *Numbers) Ack() uint64 {
	n.InSeqAcked = n.InSeq
	return n.InSeq
}

// OutOfNumbers reports whether not even the open socket of a session is of use any more.
func (n *Numbers) OutOfNumbers(queued bool) bool { return Exhausted(0, n.InSeq, n.OutSeq, queued) }

// Exhausted reports whether the session cannot go on.
func (n *Numbers) Exhausted(queued bool) bool {
	return Exhausted(n.ConnectSeq, n.InSeq, n.OutSeq, queued)
}
