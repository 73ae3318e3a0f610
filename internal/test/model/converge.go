package model

import (
	"fmt"
	"slices"
)

// converges looks at the graph of all states. Without a cycle every run ends, however unfair; and
// then the longest one can be computed. An attempt that ends since the two sides do not fit is
// followed by another one for ever; that is no cycle of this kind.
func (e *explorer) converges() *Violation {
	n := len(e.offsets)
	degree := make([]uint32, n) // edges that lead here from states not yet in order
	for _, edge := range e.edges {
		if edge&edgeRefused == 0 {
			degree[edge&edgeTarget]++
		}
	}
	order := make([]uint32, 0, n) // topological
	for i := range degree {
		if degree[i] == 0 {
			order = append(order, uint32(i))
		}
	}
	for k := 0; k < len(order); k++ {
		i := order[k]
		for _, edge := range e.edges[e.firstEdge[i]:e.firstEdge[i+1]] {
			if to := edge & edgeTarget; edge&edgeRefused == 0 {
				if degree[to]--; degree[to] == 0 {
					order = append(order, to)
				}
			}
		}
	}
	if len(order) < n {
		return e.explainCycle(e.findCycle(degree))
	}
	rounds := make([]uint16, n)
	for k := n - 1; k >= 0; k-- {
		i := order[k]
		for _, edge := range e.edges[e.firstEdge[i]:e.firstEdge[i+1]] {
			if edge&(edgeDisturbs|edgeRefused) != 0 {
				continue
			}
			r := rounds[edge&edgeTarget]
			if edge&edgeConnects != 0 {
				r++
			}
			rounds[i] = max(rounds[i], r)
		}
		e.result.Rounds = max(e.result.Rounds, int(rounds[i]))
	}
	if limit := e.m.config.MaxRounds; limit > 0 && e.result.Rounds > limit {
		return e.explainRounds(rounds)
	}
	return nil
}

// explainRounds tells a run with the most connect messages after the last misfortune.
func (e *explorer) explainRounds(rounds []uint16) *Violation {
	i := uint32(slices.Index(rounds, uint16(e.result.Rounds)))
	e.m.violation = &Violation{Property: Convergence,
		Detail: fmt.Sprintf("%d connect messages after the last misfortune", rounds[i])}
	way := []uint32{i}
	for rounds[i] > 0 {
		for _, edge := range e.edges[e.firstEdge[i]:e.firstEdge[i+1]] {
			left := rounds[edge&edgeTarget]
			if edge&edgeConnects != 0 {
				left++
			}
			if edge&(edgeDisturbs|edgeRefused) == 0 && left == rounds[i] {
				i = edge & edgeTarget
				break
			}
		}
		way = append(way, i)
	}
	v := e.explain(way[0], nil)
	v.Trace = append(append(v.Trace, "and from here:"), e.story(way)...)
	return v
}

// findCycle returns the states of a cycle among those that are left.
func (e *explorer) findCycle(degree []uint32) []uint32 {
	const onPath, done = 1, 2
	mark := make([]uint8, len(degree))
	type visit struct{ state, edge uint32 }
	for start := range degree {
		if degree[start] == 0 || mark[start] != 0 {
			continue
		}
		path := []visit{{uint32(start), e.firstEdge[start]}}
		mark[start] = onPath
		for len(path) > 0 {
			v := &path[len(path)-1]
			if v.edge == e.firstEdge[v.state+1] {
				mark[v.state] = done
				path = path[:len(path)-1]
				continue
			}
			edge := e.edges[v.edge]
			v.edge++
			to := edge & edgeTarget
			if edge&edgeRefused != 0 || mark[to] == done {
				continue
			}
			if mark[to] == onPath {
				var cycle []uint32
				for k := len(path) - 1; ; k-- {
					cycle = append([]uint32{path[k].state}, cycle...)
					if path[k].state == to {
						return cycle
					}
				}
			}
			mark[to] = onPath
			path = append(path, visit{to, e.firstEdge[to]})
		}
	}
	panic("model: no cycle")
}

// explain writes down how state i, and the step after it if there is one, came about.
func (e *explorer) explain(i uint32, last *step) *Violation {
	violation := e.m.violation
	way := []uint32{i}
	for i > 0 {
		i = e.parents[i]
		way = append([]uint32{i}, way...)
	}
	violation.Trace = e.story(way)
	if last != nil {
		e.m.s.decode(e.encoding(way[len(way)-1]))
		e.tell(&violation.Trace, *last)
	}
	violation.Trace = append(violation.Trace, "at the end: "+e.m.s.String())
	return violation
}

func (e *explorer) explainCycle(cycle []uint32) *Violation {
	v := &Violation{Property: Convergence,
		Detail: fmt.Sprintf("a run of %d steps leads back to its beginning", len(cycle))}
	e.m.violation = v
	e.explain(cycle[0], nil)
	v.Trace = append(v.Trace, "and from here, over and over again:")
	v.Trace = append(v.Trace, e.story(append(cycle, cycle[0]))...)
	return v
}

// story tells the steps that lead from each of the states to the next.
func (e *explorer) story(way []uint32) (lines []string) {
	for k := 1; k < len(way); k++ {
		var from state
		from.decode(e.encoding(way[k-1]))
		steps, _ := e.m.steps(&from, nil)
		for _, st := range steps {
			e.m.s = from
			e.m.do(st)
			e.m.s.normalize(e.m.config)
			if string(e.m.s.encode(nil)) == string(e.encoding(way[k])) {
				e.m.s = from
				e.tell(&lines, st)
				break
			}
		}
	}
	return lines
}

// tell carries a step out on e.m.s and writes down what happens.
func (e *explorer) tell(lines *[]string, st step) {
	n := 0
	e.m.log = func(line string) {
		if n++; n > 1 && line[0] != ' ' {
			line = "  " + line
		}
		*lines = append(*lines, line)
	}
	e.m.do(st)
	e.m.log = nil
}
