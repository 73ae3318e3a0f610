package metrics

import (
	"maps"
	"slices"
	"strings"

	"simplemessenger/messages"
)

// MaxTypes is how many types of messages have a label of their own at most.
const MaxTypes = 512

// other is the value of a label for what has none of its own.
const other = "other"

// types gives each type of messages its place among the counters, its class for a trace.Meter:
// place 0 is for all that have no name. It is not changed after newTypes.
type types struct {
	names  []string // by place
	places []uint16 // by type; types beyond its end have place 0
}

func newTypes(own map[uint16]string) types {
	t := types{names: []string{other}}
	for _, number := range slices.Sorted(maps.Keys(own)) {
		t.add(number, own[number])
	}
	for _, known := range messages.Types() {
		if _, renamed := own[uint16(known)]; !renamed {
			t.add(uint16(known), known.String())
		}
	}
	return t
}

// add names a type. Types of one name share a place.
func (t *types) add(number uint16, name string) {
	name = strings.ToValidUTF8(name, "?")
	place := slices.Index(t.names, name)
	if place < 0 {
		if len(t.names) > MaxTypes {
			return
		}
		place = len(t.names)
		t.names = append(t.names, name)
	}
	if missing := int(number) + 1 - len(t.places); missing > 0 {
		t.places = append(t.places, make([]uint16, missing)...)
	}
	t.places[number] = uint16(place)
}
