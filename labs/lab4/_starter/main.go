// This file is the grader's: it says which of your functions answers which question.

package main

// sessions are those that the grader has begun, by name.
var sessions = map[string]*Session{}

type question struct {
	Session  string `json:"session"`
	Lossy    bool   `json:"lossy"`
	ID       int    `json:"id"`
	Priority int    `json:"priority"`
}

type numbered struct {
	Session string `json:"session"`
	Seq     uint64 `json:"seq"`
}

type opening struct {
	Session string `json:"session"`
	Seq     bool   `json:"seq"`
	Has     uint64 `json:"has"`
}

func main() {
	op("new", func(q question) (any, error) {
		sessions[q.Session] = NewSession(q.Lossy)
		return nil, nil
	})
	op("send", func(q question) (any, error) {
		sessions[q.Session].Send(Message{ID: q.ID, Priority: q.Priority})
		return nil, nil
	})
	op("next", func(q question) (*Written, error) {
		if w, any := sessions[q.Session].Next(); any {
			return &w, nil
		}
		return nil, nil
	})
	op("receive", func(q numbered) (bool, error) {
		return sessions[q.Session].Receive(q.Seq), nil
	})
	op("ack", func(q question) (uint64, error) {
		if seq, due := sessions[q.Session].Ack(); due {
			return seq, nil
		}
		return 0, nil
	})
	op("acked", func(q numbered) (any, error) {
		sessions[q.Session].Acked(q.Seq)
		return nil, nil
	})
	op("broke", func(q question) (bool, error) { return sessions[q.Session].Broke(), nil })
	op("in_seq", func(q question) (uint64, error) { return sessions[q.Session].InSeq(), nil })
	op("opened", func(q opening) (any, error) {
		sessions[q.Session].Opened(q.Seq, q.Has)
		return nil, nil
	})
	serve()
}
