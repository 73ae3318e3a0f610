package dispatchqueue

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRingAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring[int]
		var want []int
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 3000).Draw(t, "n") {
					r.push(next)
					want = append(want, next)
					next++
				}
			},
			"pop": func(t *rapid.T) {
				for range rapid.IntRange(1, 3000).Draw(t, "n") {
					got, ok := r.pop()
					if ok != (len(want) > 0) || ok && got != want[0] {
						t.Fatalf("pop = %d, %v", got, ok)
					}
					if ok {
						want = want[1:]
					}
				}
			},
			"": func(t *rapid.T) {
				if r.length != len(want) {
					t.Fatalf("length %d, want %d", r.length, len(want))
				}
				if n := len(r.slots); n > ringKeep && r.length*4 <= n {
					t.Fatalf("%d slots for %d elements", n, r.length)
				}
			},
		})
	})
}

func TestRingForgetsWhatIsPopped(t *testing.T) {
	var r ring[*int]
	for range 3 {
		r.push(new(int))
		r.pop()
	}
	for _, p := range r.slots {
		if p != nil {
			t.Error("a popped element is still referred to")
		}
	}
}

func TestRingDoesNotAllocate(t *testing.T) {
	var r ring[int]
	round := func() {
		for i := range ringKeep {
			r.push(i)
		}
		for r.length > 0 {
			r.pop()
		}
	}
	round()
	if n := testing.AllocsPerRun(10, round); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
