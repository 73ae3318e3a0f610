package trace_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
	"time"

	"simplemessenger/protocol"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// all has one event of each type.
var all = []trace.Event{
	trace.SocketOpened{Incoming: true, Local: "a", Remote: "b"}, trace.BannerSent{},
	trace.BannerReceived{}, trace.ConnectSent{},
	trace.ConnectReceived{}, trace.ReplySent{Reply: wire.ConnectReply{Tag: wire.TagReady}},
	trace.ReplyReceived{Reply: wire.ConnectReply{Tag: wire.TagWait}},
	trace.Decided{Case: protocol.CaseNew, Answer: wire.TagReady}, trace.AddressLearned{},
	trace.Replaced{Old: 1}, trace.SeqSent{InSeq: 1}, trace.SeqReceived{InSeq: 2},
	trace.Opened{ConnectSeq: 1}, trace.SessionReset{Dropped: 1},
	trace.MessageSent{Header: wire.MessageHeader{FrontLen: 5}},
	trace.MessageReceived{Header: wire.MessageHeader{DataLen: 7}},
	trace.MessageDropped{Reason: "duplicate"}, trace.SequenceGap{Expected: 1, Got: 3},
	trace.AckSent{Seq: 1}, trace.Acked{Seq: 1, Messages: 1},
	trace.KeepaliveSent{Tag: wire.TagKeepalive2},
	trace.KeepaliveReceived{Tag: wire.TagKeepalive2Ack}, trace.CloseSent{},
	trace.CloseReceived{},
	trace.StateChanged{From: protocol.Standby, To: protocol.Connecting},
	trace.StageChanged{Goroutine: "reader", From: protocol.StageReadTag,
		To: protocol.StageReadHeader}, trace.Faulted{Stage: protocol.StageReadTag,
		Err: errors.New("EOF"), Next: protocol.Closed},
	trace.BackedOff{Delay: time.Second}, trace.Requeued{Messages: 2},
	trace.Discarded{Messages: 1, UpTo: 4}, trace.SequenceAhead{Sent: 1, Claimed: 2},
	trace.SentLimitReached{Messages: 3, Bytes: 4}, trace.QueueDropped{Messages: 1},
	trace.ThrottleWaited{Throttle: "dispatch", Amount: 1, Waited: time.Second},
	trace.Dispatched{Fast: true}, trace.Unhandled{Header: wire.MessageHeader{Type: 4}},
	trace.Stuck{Seq: 4, What: "message 4", Err: errors.New("EOF")},
	trace.EventQueued{Kind: "reset"}, trace.AcceptFailed{Err: errors.New("EMFILE")},
	trace.Evicted{Reason: "age"}, trace.Panicked{Entry: "Dispatcher.Dispatch", Value: "boom",
		Stack: "goroutine 1"},
}

// The list above is complete: events.go declares no other types.
func TestListIsComplete(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "events.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	types := 0
	ast.Inspect(f, func(n ast.Node) bool {
		if _, ok := n.(*ast.TypeSpec); ok {
			types++
		}
		return true
	})
	if types != len(all) {
		t.Errorf("events.go has %d types, this test knows %d", types, len(all))
	}
}

func TestNamesAreDifferent(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range all {
		if seen[e.Name()] {
			t.Errorf("%T: the name %q is another's too", e, e.Name())
		}
		seen[e.Name()] = true
	}
}
