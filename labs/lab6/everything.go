package lab6

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"simplemessenger/labs/grade"
)

// Of the last step: how many operations on how many throttles and queues.
const (
	randomRounds     = 8
	randomOperations = 250
)

// everything does the same to the subject and to the library's own throttle and queue, at random.
func everything(s *grade.Session) error {
	model := new(reference)
	defer model.Close()
	for round := range randomRounds {
		if err := randomThrottle(s, model); err != nil {
			return err
		}
		if err := randomQueue(s, model, round%2 == 0); err != nil {
			return err
		}
	}
	return nil
}

// both asks the subject and the model.
func both[T any](s *grade.Session, model *reference, op string, args any, got, want *T) error {
	if err := s.Ask(op, args, got); err != nil {
		return err
	}
	question, err := json.Marshal(args)
	if err != nil {
		return err
	}
	answer, err := model.Ask(op, question)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, want)
}

func randomThrottle(s *grade.Session, model *reference) error {
	t, err := newThrottle(s, 5+s.Random.Int64N(20))
	if err != nil {
		return err
	}
	question, _ := json.Marshal(number{t.max})
	if _, err := model.Ask("throttle_new", question); err != nil {
		return err
	}
	taken, waiting := map[int]int64{}, map[int]int64{}
	for id := 1; id <= randomOperations; id++ {
		a := chooseThrottle(s.Random, id, taken, waiting)
		if err := expectThrottle(model, &a); err != nil {
			return err
		}
		if err := t.one(a); err != nil {
			return err
		}
		switch {
		case a.do == "get" && a.granted:
			taken[id] = a.n
		case a.do == "get":
			waiting[id] = a.n
		case a.do == "put":
			delete(taken, a.id)
		case a.do == "cancel":
			delete(waiting, a.id)
		}
		for _, w := range a.woken {
			taken[w] = waiting[w]
			delete(waiting, w)
		}
	}
	return nil
}

// chooseThrottle draws what is done next.
func chooseThrottle(random *rand.Rand, id int, taken, waiting map[int]int64) act {
	a := act{id: id, why: "This is a long run at random; the questions before show how it came to " +
		"this. Keep three numbers on paper: the limit, what is taken, who waits."}
	switch choice := random.IntN(20); {
	case choice < 7 && len(taken) > 0:
		a.do, a.id = "put", lowest(taken)
		a.n = taken[a.id]
	case choice < 9 && len(waiting) > 0:
		a.do, a.id = "cancel", lowest(waiting)
	case choice == 9:
		a.do, a.n = "limit", 5+random.Int64N(20)
	default:
		a.do, a.n = "get", 1+random.Int64N(12)
		if random.IntN(10) == 0 {
			a.n = 30
		}
	}
	return a
}

// lowest is the first of them.
func lowest(ids map[int]int64) int {
	first := 0
	for id := range ids {
		if first == 0 || id < first {
			first = id
		}
	}
	return first
}

// expectThrottle fills in what the model says.
func expectThrottle(model *reference, a *act) error {
	question, err := json.Marshal(get{a.id, a.n})
	if err != nil {
		return err
	}
	answer, err := model.Ask("throttle_"+a.do, question)
	if err != nil {
		return err
	}
	if a.do == "get" {
		return json.Unmarshal(answer, &a.granted)
	}
	return json.Unmarshal(answer, &a.woken)
}

func randomQueue(s *grade.Session, model *reference, small bool) error {
	l := limits{MaxTokens: 4000, MinCost: 100}
	if small {
		l = limits{MaxTokens: 300, MinCost: 20}
	}
	q, err := newQueue(s, l)
	if err != nil {
		return err
	}
	question, _ := json.Marshal(l)
	if _, err := model.Ask("queue_new", question); err != nil {
		return err
	}
	for id := 1; id <= randomOperations; id++ {
		if err := q.random(model, id); err != nil {
			return err
		}
	}
	for {
		if end, err := q.compareNext(model); end || err != nil {
			return err
		}
	}
}

// random does one thing.
func (q *queueing) random(model *reference, id int) error {
	random, priorities := q.s.Random, []int{0, 1, 10, 10, 63, 63, 64, 127, 127, 196}
	var nothing any
	connection := 1 + random.IntN(4)
	switch choice := random.IntN(20); {
	case choice < 10:
		i := item{id, connection, priorities[random.IntN(len(priorities))], random.Int64N(400)}
		q.items[id] = i
		return both(q.s, model, "enqueue", i, &nothing, &nothing)
	case choice == 10:
		kind := []string{"accept", "connect", "reset"}[random.IntN(3)]
		return both(q.s, model, "event", delivery{Event: kind, Connection: connection}, &nothing,
			&nothing)
	case choice == 11:
		question, err := json.Marshal(item{Connection: connection})
		if err != nil {
			return err
		}
		answer, err := model.Ask("discard", question)
		if err != nil {
			return err
		}
		var want []int
		if err := json.Unmarshal(answer, &want); err != nil {
			return err
		}
		return q.discarded(connection, want, "All messages of the connection go.")
	default:
		_, err := q.compareNext(model)
		return err
	}
}

// compareNext reports whether nothing is left.
func (q *queueing) compareNext(model *reference) (end bool, err error) {
	answer, err := model.Ask("next", json.RawMessage("{}"))
	if err != nil {
		return false, err
	}
	var want delivery
	if err := json.Unmarshal(answer, &want); err != nil {
		return false, err
	}
	if want.Message != 0 {
		want.Connection = 0
	}
	return want == delivery{}, q.next(want, fmt.Sprintf("This is a long run at random, over %d "+
		"messages so far: priorities, turns, tokens, events and discards at once. If the steps "+
		"before pass, look at what is left behind when a priority or a connection has no "+
		"messages any more.", len(q.items)))
}
