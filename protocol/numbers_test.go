package protocol_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/protocol"
)

// Every transition of a session's numbers, from numbers that are all different.
func TestNumbers(t *testing.T) {
	from := protocol.Numbers{ConnectSeq: 3, PeerGlobalSeq: 7, OutSeq: 20, InSeq: 30, InSeqAcked: 25}
	with := func(change func(*protocol.Numbers)) protocol.Numbers {
		n := from
		change(&n)
		return n
	}
	owes := with(func(n *protocol.Numbers) {
		n.Keepalive, n.KeepaliveAck, n.PeerWaits, n.PromiseBroken, n.Renounced = false, true, true,
			true, true
	})
	for _, test := range []struct {
		what string
		from protocol.Numbers
		do   func(*protocol.Numbers)
		want protocol.Numbers
	}{
		{"a new connection", from, func(n *protocol.Numbers) { n.Open(4, 9, true) },
			with(func(n *protocol.Numbers) { n.ConnectSeq, n.PeerGlobalSeq = 4, 9 })},
		{"one that the peer waited for is tried with a keepalive", owes, func(n *protocol.Numbers) {
			n.Open(4, 9, true)
		},
			with(func(n *protocol.Numbers) {
				n.ConnectSeq, n.PeerGlobalSeq, n.Keepalive, n.KeepaliveAck, n.PeerWaits = 4, 9,
					true, true, true
			})},
		{"who answers no keepalive has been kept waiting long enough", owes,
			func(n *protocol.Numbers) {
				n.Open(4, 9, false)
			},
			with(func(n *protocol.Numbers) {
				n.ConnectSeq, n.PeerGlobalSeq, n.Keepalive, n.KeepaliveAck = 4, 9, true, true
			})},
		{"a reset keeps what the peer counts for itself, and what is owed", owes,
			func(n *protocol.Numbers) {
				n.Reset(100)
			},
			protocol.Numbers{PeerGlobalSeq: 7, OutSeq: 100, PeerWaits: true, PromiseBroken: true,
				Renounced: true}},
		{"the peer's connection takes over", owes, func(n *protocol.Numbers) { n.TakeOver(false) },
			with(func(n *protocol.Numbers) {
				n.InSeqAcked, n.PeerWaits, n.PromiseBroken, n.Renounced = 30, true, true, true
			})},
		{"that of a peer that knows nothing", from, func(n *protocol.Numbers) { n.TakeOver(true) },
			with(func(n *protocol.Numbers) { n.InSeq, n.InSeqAcked = 0, 0 })},
		{"a fault of an open session", owes, func(n *protocol.Numbers) {
			n.Fault(protocol.Aftermath{BumpConnectSeq: true})
		},
			with(func(n *protocol.Numbers) {
				n.ConnectSeq, n.PeerWaits, n.PromiseBroken, n.Renounced = 4, true, true, true
			})},
		{"a failed attempt is not counted", from, func(n *protocol.Numbers) {
			n.Fault(protocol.Aftermath{})
		}, from},
		{"STANDBY ends", from, func(n *protocol.Numbers) { n.LeaveStandby() },
			with(func(n *protocol.Numbers) {
				n.ConnectSeq = 4
			})},
		{"STANDBY of a session that was never open ends", protocol.Numbers{},
			func(n *protocol.Numbers) {
				n.LeaveStandby()
			}, protocol.Numbers{}},
		{"a retry", from, func(n *protocol.Numbers) { n.Retry(12) },
			with(func(n *protocol.Numbers) {
				n.ConnectSeq = 12
			})},
		{"an accept that nobody has heard of", from, func(n *protocol.Numbers) { n.FailAccept(2) },
			with(func(n *protocol.Numbers) {
				n.ConnectSeq = 2
			})},
		{"a promise", from, func(n *protocol.Numbers) { n.Promise() },
			with(func(n *protocol.Numbers) {
				n.Keepalive, n.PeerWaits = true, true
			})},
		{"a promise is broken", with(func(n *protocol.Numbers) { n.Promise() }),
			func(n *protocol.Numbers) {
				n.FailAttempt()
			},
			with(func(n *protocol.Numbers) {
				n.Keepalive, n.PeerWaits, n.PromiseBroken = true, true, true
			})},
		{"none was made", from, func(n *protocol.Numbers) { n.FailAttempt() }, from},
		{"given up", from, func(n *protocol.Numbers) { n.Renounce() },
			with(func(n *protocol.Numbers) {
				n.Renounced = true
			})},
		{"a message is written", from, func(n *protocol.Numbers) { n.Take() },
			with(func(n *protocol.Numbers) {
				n.OutSeq = 21
			})},
		{"five go back to the queue", from, func(n *protocol.Numbers) { n.Requeue(5) },
			with(func(n *protocol.Numbers) {
				n.OutSeq = 15
			})},
		{"the peer has three of them", with(func(n *protocol.Numbers) { n.OutSeq = 15 }),
			func(n *protocol.Numbers) {
				n.Discard(3, 18)
			},
			with(func(n *protocol.Numbers) { n.OutSeq = 18 })},
		{"the peer claims more than was sent", from, func(n *protocol.Numbers) { n.Discard(0, 99) },
			with(func(n *protocol.Numbers) {
				n.OutSeq = 99
			})},
		{"the next message", from, func(n *protocol.Numbers) { n.Receive(31, true) },
			with(func(n *protocol.Numbers) {
				n.InSeq = 31
			})},
		{"one with a gap before it", from, func(n *protocol.Numbers) { n.Receive(40, true) },
			with(func(n *protocol.Numbers) {
				n.InSeq = 40
			})},
		{"a duplicate", from, func(n *protocol.Numbers) { n.Receive(30, true) }, from},
		{"a duplicate of a peer without SEQ is acked again",
			with(func(n *protocol.Numbers) { n.InSeqAcked = 30 }), func(n *protocol.Numbers) {
				n.Receive(28, false)
			},
			with(func(n *protocol.Numbers) { n.InSeqAcked = 27 })},
		{"a message without a number", from, func(n *protocol.Numbers) {
			n.Receive(0, false)
		}, from},
		{"somebody asks for a keepalive", from, func(n *protocol.Numbers) { n.AskKeepalive() },
			with(func(n *protocol.Numbers) {
				n.Keepalive = true
			})},
		{"it is written", with(func(n *protocol.Numbers) { n.Keepalive = true }),
			func(n *protocol.Numbers) {
				n.TakeKeepalive()
			}, from},
		{"the peer asks for one", from, func(n *protocol.Numbers) { n.OweKeepaliveAck() },
			with(func(n *protocol.Numbers) {
				n.KeepaliveAck = true
			})},
		{"it is answered", with(func(n *protocol.Numbers) { n.KeepaliveAck = true }),
			func(n *protocol.Numbers) {
				n.TakeKeepaliveAck()
			}, from},
		{"the peer has answered ours", with(func(n *protocol.Numbers) { n.PeerWaits = true }),
			func(n *protocol.Numbers) {
				n.KeepaliveAnswered()
			}, from},
		{"an ack is written", from, func(n *protocol.Numbers) { n.Ack() },
			with(func(n *protocol.Numbers) {
				n.InSeqAcked = 30
			})},
	} {
		got := test.from
		test.do(&got)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

// What the transitions say beside what they change.
func TestNumbersSay(t *testing.T) {
	n := protocol.Numbers{OutSeq: 5, InSeq: 9, InSeqAcked: 9}
	for _, test := range []struct {
		what      string
		got, want any
	}{
		{"the number of the next message", n.Take(), uint64(6)},
		{"a claim that was sent", n.Discard(0, 6), false},
		{"a claim beyond it", n.Discard(0, 7), true},
		{"the next", n.Receive(10, true), protocol.ReceiptNext},
		{"a gap", n.Receive(12, true), protocol.ReceiptGap},
		{"a duplicate", n.Receive(12, true), protocol.ReceiptDuplicate},
		{"an ack is due", n.AckDue(false), true},
		{"nobody waits for acks of a lossy session", n.AckDue(true), false},
		{"what the ack says", n.Ack(), uint64(12)},
		{"it is due no more", n.AckDue(false), false},
		{"nothing to do", n.HasWork(false), false},
		{"something queued", n.HasWork(true), true},
		{"numbers are left", n.Exhausted(true), false},
	} {
		if test.got != test.want {
			t.Errorf("%s: %v, want %v", test.what, test.got, test.want)
		}
	}
	if n.Requeue(2); n.Discard(2, 7) {
		t.Error("what was sent and requeued is taken for a claim beyond it")
	}
	// The first message of a session may have any number: a peer begins where it likes.
	fresh := protocol.Numbers{}
	if got := fresh.Receive(77, true); got != protocol.ReceiptNext {
		t.Errorf("the first message: receipt %d", got)
	}
	last := protocol.Numbers{ConnectSeq: math.MaxUint32, OutSeq: math.MaxUint64}
	if !last.Exhausted(false) || last.OutOfNumbers(false) || !last.OutOfNumbers(true) {
		t.Error("the ends of the numbers are not where they were")
	}
	if last.LeaveStandby(); last.ConnectSeq != math.MaxUint32 {
		t.Errorf("connect_seq went on to %d", last.ConnectSeq)
	}
}
