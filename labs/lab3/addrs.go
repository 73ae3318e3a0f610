package lab3

import (
	"fmt"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
)

const addrsWhy = "Addresses compare as bytes of the structure in memory: nonce, family, port, IP. " +
	"Port and IP are in network order there, so they compare as numbers; the nonce is little " +
	"endian, so its lowest byte decides first: 256 stands before 1."

// addrs asks for the order of addresses.
func addrs(s *grade.Session) error {
	pairs := [][2]structures.Addr{{lower, higher}, {higher, lower}, {lower, lower}}
	first, second := lower, lower
	first.Nonce, second.Nonce = 1, 256
	pairs = append(pairs, [2]structures.Addr{first, second})
	first, second = lower, lower
	first.Port, second.Port = 255, 256
	pairs = append(pairs, [2]structures.Addr{first, second})
	for range 200 {
		pairs = append(pairs, [2]structures.Addr{anyAddr(s.Random), anyAddr(s.Random)})
	}
	for _, p := range pairs {
		var got int
		if err := s.Ask("compare", map[string]any{"a": p[0], "b": p[1]}, &got); err != nil {
			return err
		}
		want := p[0].Wire().Compare(p[1].Wire())
		if sign(got) != want {
			return &grade.Story{Asked: fmt.Sprintf("compare %v and %v", p[0], p[1]),
				Expected: order(want), Got: order(sign(got)), Why: addrsWhy}
		}
	}
	return nil
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func order(sign int) string {
	return map[int]string{-1: "the first is lower", 0: "they are the same",
		1: "the second is lower"}[sign]
}
