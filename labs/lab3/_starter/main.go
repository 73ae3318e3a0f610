// This file is the grader's: it says which of your functions answers which question.

package main

// registry is the one that is asked now.
var registry *Registry

// policy is what it was made with.
var policy Policy

// happening is what happens to a registry.
type happening struct {
	Pipe       int    `json:"pipe"`
	Peer       Addr   `json:"peer"`
	ConnectSeq uint32 `json:"connect_seq"`
	GlobalSeq  uint32 `json:"global_seq"`
	Seq        uint64 `json:"seq"`
}

// outcome is what comes of it.
type outcome struct {
	Decision Decision `json:"decision"`
	Pipe     int      `json:"pipe"`
	Closed   int      `json:"closed"`
	Entries  []Entry  `json:"entries"`
}

func main() {
	op("decide", func(q struct {
		Arrival  Arrival   `json:"arrival"`
		Existing *Existing `json:"existing"`
	}) (Decision, error) {
		return Decide(q.Arrival, q.Existing), nil
	})
	op("compare", func(q struct{ A, B Addr }) (int, error) { return Compare(q.A, q.B), nil })
	op("new_registry", func(p Policy) (bool, error) {
		registry, policy = NewRegistry(p), p
		return true, nil
	})
	happens("arrive", func(h happening, o *outcome) {
		// What is not about sessions is in order here.
		o.Decision, o.Closed = registry.Arrive(h.Pipe, Arrival{ConnectSeq: h.ConnectSeq,
			GlobalSeq: h.GlobalSeq, Credentials: "accepted", Peer: h.Peer, Local: policy.Local,
			ResetCheck: policy.ResetCheck})
	})
	happens("dial", func(h happening, o *outcome) { o.Pipe = registry.Dial(h.Pipe, h.Peer) })
	happens("opened", func(h happening, _ *outcome) {
		registry.Opened(h.Pipe, h.ConnectSeq, h.GlobalSeq)
	})
	happens("received", func(h happening, _ *outcome) { registry.Received(h.Pipe, h.Seq) })
	happens("fault", func(h happening, _ *outcome) { registry.Fault(h.Pipe) })
	happens("mark_down", func(h happening, o *outcome) { o.Closed = registry.MarkDown(h.Peer) })
	serve()
}

func happens(name string, do func(h happening, o *outcome)) {
	op(name, func(h happening) (o outcome, err error) {
		do(h, &o)
		o.Entries = registry.Entries()
		return o, nil
	})
}
