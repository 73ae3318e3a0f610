package lab4

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
	"simplemessenger/protocol"
)

// message is a message in a queue, with its number once it has one.
type message struct {
	ID, Priority int
	seq          uint64
}

// session is the library's rules and plain queues.
type session struct {
	lossy, exchange       bool
	numbers               protocol.Numbers
	again, waiting, inFly []message
}

// reference answers with the library's own code: every number is one of protocol.Numbers.
type reference map[string]*session

func (reference) Close() error { return nil }

func (r reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	var q struct {
		Session  string
		Lossy    bool
		ID       int
		Priority int
		Has      uint64
		Seq      json.RawMessage
	}
	if err := json.Unmarshal(args, &q); err != nil {
		return nil, err
	}
	if op == "new" {
		r[q.Session] = &session{lossy: q.Lossy}
		return json.Marshal(nil)
	}
	var seq uint64
	var exchange bool
	if op == "opened" {
		exchange = string(q.Seq) == "true"
	} else if len(q.Seq) > 0 {
		if err := json.Unmarshal(q.Seq, &seq); err != nil {
			return nil, err
		}
	}
	s := r[q.Session]
	var answer any
	switch op {
	case "send":
		s.waiting = append(s.waiting, message{ID: q.ID, Priority: q.Priority})
		slices.SortStableFunc(s.waiting, func(a, b message) int { return b.Priority - a.Priority })
	case "next":
		answer = s.next()
	case "receive":
		answer = s.numbers.Receive(seq, s.exchange) != protocol.ReceiptDuplicate
	case "ack":
		answer = 0
		if s.numbers.AckDue(s.lossy) {
			answer = s.numbers.Ack()
		}
	case "acked":
		s.inFly = slices.DeleteFunc(s.inFly, func(m message) bool { return m.seq <= seq })
	case "broke":
		answer = s.broke()
	case "in_seq":
		answer = s.numbers.InSeq
	case "opened":
		s.opened(exchange, q.Has)
	default:
		return nil, errors.Errorf("nothing answers %s", op)
	}
	return json.Marshal(answer)
}

func (s *session) next() *written {
	from := &s.again
	if len(s.again) == 0 {
		from = &s.waiting
	}
	if len(*from) == 0 {
		return nil
	}
	m := (*from)[0]
	*from = (*from)[1:]
	m.seq = s.numbers.Take()
	if !s.lossy {
		s.inFly = append(s.inFly, m)
	}
	return &written{m.ID, m.seq}
}

func (s *session) broke() bool {
	policy := protocol.LosslessPeer()
	if s.lossy {
		policy = protocol.LossyClient()
	}
	s.numbers.Requeue(len(s.inFly))
	s.again, s.inFly = append(s.inFly, s.again...), nil
	after := protocol.AfterFault(protocol.Open, policy, len(s.again)+len(s.waiting) > 0)
	if after.Next == protocol.Closed {
		*s = session{lossy: s.lossy}
		return false
	}
	s.numbers.Fault(after)
	return true
}

func (s *session) opened(exchange bool, has uint64) {
	s.exchange = exchange
	if exchange {
		n := len(s.again)
		s.again = slices.DeleteFunc(s.again, func(m message) bool { return m.seq <= has })
		s.numbers.Discard(n-len(s.again), has)
		s.numbers.Ack()
	}
}

func TestLab(t *testing.T) {
	wrong := wrongs()
	for i := range wrong {
		wrong[i].File = "session.go"
	}
	gradetest.Check(t, Lab, func() grade.Subject { return reference{} }, wrong)
}

// wrongs are what students do.
func wrongs() []gradetest.Wrong {
	return []gradetest.Wrong{
		{Name: "numbers from 0", Old: "\t\ts.outSeq++\n\t\tw = Written{ID: s.waiting[0].ID, " +
			"Seq: s.outSeq}\n", New: "\t\tw = Written{ID: s.waiting[0].ID, Seq: s.outSeq}\n\t\t" +
			"s.outSeq++\n", Step: "in order", Section: numbersSection},
		{Name: "one queue for all priorities", Old: "i > 0 && s.waiting[i-1].Priority < m.Priority",
			New: "false", Step: "priorities", Section: prioritiesSection},
		{Name: "newest first within a priority", Old: "].Priority < m.Priority",
			New: "].Priority <= m.Priority", Step: "in order", Section: numbersSection},
		{Name: "refuses gaps", Old: "if seq <= s.inSeq {",
			New: "if seq <= s.inSeq || s.inSeq > 0 && seq != s.inSeq+1 {", Step: "receive",
			Section: numbersSection},
		{Name: "takes what fills a gap", Old: "if seq <= s.inSeq {", New: "if seq == s.inSeq {",
			Step: "receive", Section: numbersSection},
		{Name: "an ack is for one message", Old: "s.sent[0].Seq <= seq {\n\t\ts.sent = s.sent[1:]",
			New: "s.sent[0].Seq == seq {\n\t\ts.sent = s.sent[1:]", Step: "acks",
			Section: numbersSection},
		{Name: "acks again and again", Old: "\ts.told = s.inSeq\n\treturn s.inSeq, true",
			New: "\treturn s.inSeq, true", Step: "acks", Section: numbersSection},
		{Name: "new numbers for what is sent again", Old: "s.again[0], s.again[1:]\n",
			New:  "s.again[0], s.again[1:]\n\t\ts.outSeq++\n\t\tw.Seq = s.outSeq\n",
			Step: "acks", Section: numbersSection},
		{Name: "requeues behind", Old: "append(s.sent, s.again...)",
			New: "append(s.again, s.sent...)", Step: "the socket breaks", Section: faultSection},
		{Name: "a lossy session keeps its queue", Old: "*s = Session{lossy: true}",
			New:  "*s = Session{lossy: true, waiting: s.waiting}",
			Step: "the socket breaks", Section: faultSection},
		{Name: "forgets what it has received", Old: "\ts.sent = nil\n\treturn true",
			New: "\ts.sent, s.inSeq, s.told = nil, 0, 0\n\treturn true", Step: "the socket breaks",
			Section: faultSection},
		{Name: "SEQ drops one too few", Old: "s.again[0].Seq <= has", New: "s.again[0].Seq < has",
			Step: "SEQ", Section: seqSection},
		{Name: "believes no claim", Old: "s.outSeq = max(s.outSeq, has)", New: "_ = has",
			Step: "SEQ", Section: seqSection},
		{Name: "does not ack duplicates", Old: "s.told = 0 //", New: "_ = s.told //",
			Step: "READY", Section: rulesSection},
		{Name: "loses what was half sent again", Old: "s.again = append(s.sent, s.again...)",
			New:  "if s.again = append([]Written(nil), s.sent...); s.sent == nil {\n\t}",
			Step: "the socket breaks", Section: faultSection},
		{Name: "once SEQ, always SEQ", Old: "s.exchange = seq",
			New: "s.exchange = s.exchange || seq", Step: "the storm", Section: promiseSection},
	}
}
