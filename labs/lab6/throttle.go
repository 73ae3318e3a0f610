package lab6

import (
	"fmt"
	"slices"

	"simplemessenger/labs/grade"
)

// get is the question whether who is called ID may take N, put that N is given back.
type get struct {
	ID int   `json:"id"`
	N  int64 `json:"n"`
}

type number struct {
	N int64 `json:"n"`
}

// throttling asks about one throttle.
type throttling struct {
	s   *grade.Session
	max int64
}

func newThrottle(s *grade.Session, max int64) (*throttling, error) {
	return &throttling{s, max}, s.Ask("throttle_new", number{max}, nil)
}

// act is one thing that is done with a throttle, and what must come of it.
type act struct {
	do string // "get", "put", "cancel", "limit"
	id int
	n  int64
	// granted is the answer to get, woken who goes on by any other.
	granted bool
	woken   []int
	why     string
}

// perform does one thing after the other.
func (t *throttling) perform(acts ...act) error {
	for _, a := range acts {
		if err := t.one(a); err != nil {
			return err
		}
	}
	return nil
}

func (t *throttling) one(a act) error {
	story := grade.Story{Asked: fmt.Sprintf("a throttle of %d: %s", t.max, a), Why: a.why}
	if a.do == "get" {
		var granted bool
		if err := t.s.Ask("throttle_get", get{a.id, a.n}, &granted); err != nil {
			return err
		}
		if granted != a.granted {
			words := map[bool]string{true: "true: it is taken", false: "false: it waits"}
			story.Expected, story.Got = words[a.granted], words[granted]
			return &story
		}
		return nil
	}
	var woken []int
	question := map[string]string{"put": "throttle_put", "cancel": "throttle_cancel",
		"limit": "throttle_limit"}[a.do]
	if err := t.s.Ask(question, get{a.id, a.n}, &woken); err != nil {
		return err
	}
	if a.do == "limit" {
		t.max = a.n
	}
	if !slices.Equal(woken, a.woken) {
		story.Expected, story.Got = wakes(a.woken), wakes(woken)
		return &story
	}
	return nil
}

// String says what is done.
func (a act) String() string {
	switch a.do {
	case "get":
		return fmt.Sprintf("request %d wants %d", a.id, a.n)
	case "put":
		return fmt.Sprintf("%d is given back", a.n)
	case "cancel":
		return fmt.Sprintf("request %d, which waits, gives up", a.id)
	default:
		return fmt.Sprintf("the limit becomes %d", a.n)
	}
}

func wakes(ids []int) string {
	if len(ids) == 0 {
		return "nobody goes on"
	}
	return fmt.Sprintf("these requests go on, in this order: %v", ids)
}

// counting takes and gives back where nobody waits long.
func counting(s *grade.Session) error {
	t, err := newThrottle(s, 10)
	if err != nil {
		return err
	}
	if err := t.perform(
		act{do: "get", id: 1, n: 4, granted: true, why: "Nothing is taken: 4 of 10 are free."},
		act{do: "get", id: 2, n: 6, granted: true, why: "4 of 10 are taken: 6 fit exactly."},
		act{do: "get", id: 3, n: 1, why: "10 of 10 are taken."},
		act{do: "put", n: 4, woken: []int{3}, why: "Request 3 waits for 1, and 4 are free now: " +
			"whoever gives back takes it for the one that waits."},
		act{do: "get", id: 4, n: 4, why: "What request 3 has got counts: 7 of 10 are taken."},
	); err != nil {
		return err
	}
	if t, err = newThrottle(s, 0); err != nil {
		return err
	}
	return t.perform(act{do: "get", id: 1, n: 1 << 40, granted: true,
		why: "A limit of 0 is none."})
}

// inTurn has several wait.
func inTurn(s *grade.Session) error {
	t, err := newThrottle(s, 10)
	if err != nil {
		return err
	}
	const starve = "Who comes later does not overtake: a stream of small requests would keep the " +
		"large one waiting for ever."
	return t.perform(
		act{do: "get", id: 1, n: 6, granted: true},
		act{do: "get", id: 2, n: 8, why: "6 of 10 are taken, 8 do not fit."},
		act{do: "get", id: 3, n: 1, why: "1 would fit, but request 2 waits. " + starve},
		act{do: "get", id: 4, n: 1, why: "1 would fit, but two wait already. " + starve},
		act{do: "put", n: 2, why: "4 of 10 are taken: request 2 wants 8, which do not fit yet, and " +
			"those behind it wait for their turn. " + starve},
		act{do: "put", n: 4, woken: []int{2, 3, 4}, why: "All is free: 8, 1 and 1 fit, one after " +
			"the other. One return may let many go on."},
		act{do: "get", id: 5, n: 5, why: "10 of 10 are taken again."},
		act{do: "get", id: 6, n: 5, why: "Request 5 waits."},
		act{do: "put", n: 8, woken: []int{5}, why: "2 are taken. Request 5 takes 5, which makes " +
			"7: request 6 wants 5 and waits on."},
		act{do: "put", n: 2, woken: []int{6}, why: "5 are taken: 5 more fit."},
	)
}

// tooLarge wants more than there is at all.
func tooLarge(s *grade.Session) error {
	t, err := newThrottle(s, 10)
	if err != nil {
		return err
	}
	const rule = "A request larger than the limit goes once no more is taken than the limit: it " +
		"would never fit, and a message larger than the budget is to be slow, not stuck."
	return t.perform(
		act{do: "get", id: 1, n: 3, granted: true},
		act{do: "get", id: 2, n: 25, granted: true, why: rule},
		act{do: "get", id: 3, n: 1, why: "28 of 10 are taken: all others wait."},
		act{do: "put", n: 3, why: "25 of 10 are taken."},
		act{do: "put", n: 25, woken: []int{3}, why: "Nothing is taken, then 1."},
		act{do: "get", id: 4, n: 9, granted: true},
		act{do: "get", id: 5, n: 11, granted: true, why: "10 of 10 are taken, no more. " + rule},
		act{do: "get", id: 6, n: 11, why: "21 of 10 are taken."},
		act{do: "put", n: 11, woken: []int{6}, why: "10 of 10 are taken, no more. " + rule},
	)
}

// givingUp has those who wait leave, and the limit change.
func givingUp(s *grade.Session) error {
	t, err := newThrottle(s, 10)
	if err != nil {
		return err
	}
	return t.perform(
		act{do: "get", id: 1, n: 6, granted: true},
		act{do: "get", id: 2, n: 8},
		act{do: "get", id: 3, n: 3},
		act{do: "get", id: 4, n: 2},
		act{do: "cancel", id: 4, why: "Request 3 stands behind request 2 as before."},
		act{do: "cancel", id: 2, woken: []int{3}, why: "Request 3 wants 3, and 4 are free: it " +
			"waited for nothing but its turn. If it is not looked at now, perhaps nobody ever does."},
		act{do: "put", n: 9, why: "All is given back: if somebody goes on who had given up, " +
			"nobody will give back what it gets."},
		act{do: "get", id: 5, n: 10, granted: true, why: "Who gives up takes nothing."},
		act{do: "get", id: 6, n: 4},
		act{do: "get", id: 7, n: 4},
		act{do: "limit", n: 15, woken: []int{6}, why: "With 15, 4 more fit, once."},
		act{do: "limit", n: 8, why: "14 are taken, and stay so."},
		act{do: "put", n: 10, woken: []int{7}, why: "4 of 8 are taken: 4 more fit."},
		act{do: "get", id: 8, n: 1},
		act{do: "limit", n: 0, woken: []int{8}, why: "No limit: nobody has to wait."},
	)
}
