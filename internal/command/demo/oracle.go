package demo

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Result is the count at the end.
type Result struct {
	Sent          int `json:"sent"`
	Delivered     int `json:"delivered"`
	Lost          int `json:"lost"`
	Duplicated    int `json:"duplicated"`
	Reordered     int `json:"reordered"`
	Reconnects    int `json:"reconnects"`
	SessionResets int `json:"session_resets"`
}

// Clean reports whether every message arrived once and in order, and the play had its fault and its
// restart.
func (r Result) Clean() bool {
	return r.Sent > 0 && r.Delivered == r.Sent && r.Lost == 0 && r.Duplicated == 0 &&
		r.Reordered == 0 && r.Reconnects > 0 && r.SessionResets > 0
}

// Print writes the result as the last line.
func (r Result) Print(w io.Writer, asJSON bool) {
	if asJSON {
		_ = json.NewEncoder(w).Encode(map[string]Result{"demo": r})
		return
	}
	fmt.Fprintf(w, "\ndemo: sent %d, delivered %d, lost %d, duplicated %d, reordered %d, "+
		"reconnects %d, session resets %d\n",
		r.Sent, r.Delivered, r.Lost, r.Duplicated, r.Reordered, r.Reconnects, r.SessionResets)
}

// side is one messenger of the play and its dispatcher.
type side struct {
	name   wire.EntityName
	m      *simplemsgr.Messenger
	oracle *oracle
}

// Dispatch implements simplemsgr.Dispatcher.
func (s *side) Dispatch(m *simplemsgr.Message) bool {
	s.oracle.delivered(m)
	return true
}

// oracle numbers what each side sends and checks what arrives.
type oracle struct {
	mu         sync.Mutex
	sent       map[wire.EntityName]uint64 // number of the latest message sent
	seen       map[wire.EntityName]map[uint64]bool
	last       map[wire.EntityName]uint64 // number of the latest that arrived
	arrived    int                        // different messages
	duplicated int
	reordered  int
	settled    chan struct{} // closed when everything has arrived; nil if nobody waits
}

// next returns a message that carries its number.
func (o *oracle) next(from wire.EntityName) *simplemsgr.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent == nil {
		o.sent, o.last, o.seen = map[wire.EntityName]uint64{}, map[wire.EntityName]uint64{},
			map[wire.EntityName]map[uint64]bool{}
	}
	o.sent[from]++
	n := o.sent[from]
	return &simplemsgr.Message{Type: uint16(messages.TypePing), Version: 1, TID: n,
		Front: binary.LittleEndian.AppendUint64(nil, n)}
}

func (o *oracle) delivered(m *simplemsgr.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := binary.LittleEndian.Uint64(m.Front)
	if o.seen[m.Source] == nil {
		o.seen[m.Source] = map[uint64]bool{}
	}
	switch {
	case o.seen[m.Source][n]:
		o.duplicated++
	case n < o.last[m.Source]:
		o.reordered++
		fallthrough
	default:
		o.seen[m.Source][n] = true
		o.last[m.Source] = n
		o.arrived++
	}
	if o.settled != nil && o.arrived == o.total() {
		close(o.settled)
		o.settled = nil
	}
}

func (o *oracle) total() int {
	total := 0
	for _, n := range o.sent {
		total += int(n)
	}
	return total
}

// settle waits until everything that was sent has arrived.
func (o *oracle) settle(ctx context.Context) error {
	o.mu.Lock()
	if o.arrived == o.total() {
		o.mu.Unlock()
		return nil
	}
	settled := make(chan struct{})
	o.settled = settled
	o.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-settled:
		return nil
	case <-ctx.Done():
		r := o.result()
		return errors.Wrapf(ctx.Err(), "waiting for messages: %d of %d arrived", r.Delivered,
			r.Sent)
	}
}

func (o *oracle) result() Result {
	o.mu.Lock()
	defer o.mu.Unlock()
	total := o.total()
	return Result{Sent: total, Delivered: o.arrived, Lost: total - o.arrived,
		Duplicated: o.duplicated, Reordered: o.reordered}
}
