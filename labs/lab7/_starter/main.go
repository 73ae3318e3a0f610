// This file is the grader's: it says which of your functions answers which question.

package main

import "sort"

func main() {
	var centre *Centre
	type event struct {
		Conn     int    `json:"conn"`
		Data     Digits `json:"data"`
		Room     int    `json:"room"`
		Throttle string `json:"throttle"`
		N        int    `json:"n"`
	}
	type result struct {
		Did   []Did          `json:"did"`
		Taken map[string]int `json:"taken"`
	}
	throttle := func(name string) *Throttle {
		return map[string]*Throttle{"messages": centre.Messages, "bytes": centre.Bytes,
			"dispatch": centre.Dispatch}[name]
	}
	report := func() (result, error) {
		r := result{Taken: map[string]int{}}
		for _, c := range centre.conns {
			if d := c.did; len(d.States)+len(d.Wrote)+len(d.Messages) > 0 || d.Closed {
				r.Did = append(r.Did, d)
			}
			c.did = Did{Conn: c.ID}
		}
		sort.Slice(r.Did, func(i, j int) bool { return r.Did[i].Conn < r.Did[j].Conn })
		for _, name := range []string{"messages", "bytes", "dispatch"} {
			r.Taken[name] = throttle(name).taken
		}
		return r, nil
	}
	op("centre", func(limits map[string]int) (result, error) {
		centre = &Centre{conns: map[int]*Conn{}, sessions: map[string]*Session{},
			Messages: &Throttle{limit: limits["messages"]},
			Bytes:    &Throttle{limit: limits["bytes"]},
			Dispatch: &Throttle{limit: limits["dispatch"]}}
		return report()
	})
	op("accept", func(e event) (result, error) {
		c := &Conn{ID: e.Conn, Centre: centre, room: e.Room, did: Did{Conn: e.Conn}}
		centre.conns[e.Conn] = c
		c.Enter(Accepting)
		c.process()
		return report()
	})
	op("readable", func(e event) (result, error) {
		c := centre.conns[e.Conn]
		c.in = append(c.in, e.Data...)
		if c.waitsFor == nil {
			c.process()
		}
		return report()
	})
	op("writable", func(e event) (result, error) {
		c := centre.conns[e.Conn]
		c.room += e.Room
		if e.Room < 0 {
			c.room = -1
		}
		if c.waitsFor != nil {
			flush(c)
		} else {
			c.process()
		}
		return report()
	})
	op("hangup", func(e event) (result, error) {
		c := centre.conns[e.Conn]
		c.ended = true
		if c.waitsFor == nil {
			c.process()
		}
		return report()
	})
	op("take", func(e event) (result, error) {
		throttle(e.Throttle).taken += e.N
		return report()
	})
	op("give", func(e event) (result, error) {
		throttle(e.Throttle).Put(e.N)
		return report()
	})
	serve()
}
