package monclient

import (
	"bytes"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// kind is how updates of one sort belong together.
type kind int

const (
	kindMonMap kind = iota
	kindMgrMap
	kindOptions
	kindOSDMap // step by step
	kindLog    // step by step, and nothing tells what is missing
)

var kinds = map[string]kind{MonMap: kindMonMap, MgrMap: kindMgrMap, Options: kindOptions,
	OSDMap: kindOSDMap, LogDebug: kindLog, LogInfo: kindLog, LogSecurity: kindLog,
	LogWarning: kindLog, LogError: kindLog}

// state is whether a subscription needs its monitor.
type state int

const (
	stateBehind state = iota // to be asked for, from next on
	stateAsked               // asked for, and nothing new has come yet
	stateLive                // what comes is what follows
	stateFailed
)

// item is an update that waits to be read.
type item struct {
	epoch uint64
	size  int
	// Of an osdmap: a change, or a whole map, or both; who takes it keeps one of them.
	change, whole []byte
	update        *Update // of everything else
}

// subscription is one loop over Subscribe. Its reader takes, run offers.
type subscription struct {
	what       string
	kind       kind
	limit      int
	limitBytes int
	wake       chan struct{}    // one slot: something has been offered
	osdMap     *messages.OSDMap // the last one read; of the reader alone

	mu    sync.Mutex // a leaf; guards what follows
	state state
	next  uint64 // the first epoch that has not been offered; 0 for whatever comes
	queue []*item
	bytes int    // of the queue
	last  []byte // the last options, encoded
	err   error  // with stateFailed
}

// newSubscription returns nil if what is not known.
func newSubscription(config *Config, what string, from uint64) *subscription {
	k, ok := kinds[what]
	if !ok {
		return nil
	}
	return &subscription{what: what, kind: k, next: from, limit: config.SubscriptionLimit,
		limitBytes: config.SubscriptionLimitBytes, wake: make(chan struct{}, 1)}
}

// take returns what waits longest; nil if nothing does.
func (s *subscription) take() (*item, state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, s.state
	}
	i := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	s.bytes -= i.size
	return i, stateLive
}

func (s *subscription) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// fail ends the subscription once what waits has been read.
func (s *subscription) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(err)
}

func (s *subscription) failLocked(err error) {
	if s.state != stateFailed {
		s.state, s.err = stateFailed, err
		s.wakeReader()
	}
}

func (s *subscription) wakeReader() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// ask notes that the monitor is asked, and returns from which epoch on. A new session has to be
// asked for all, but for what is behind while its reader has not caught up; one that goes on only
// for what is behind.
func (s *subscription) ask(newSession bool) (from uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == stateFailed, !newSession && s.state != stateBehind,
		newSession && s.state == stateBehind && len(s.queue) > 0:
		return 0, false
	}
	s.state = stateAsked
	if s.kind == kindOptions {
		return 0, true
	}
	return s.next, true
}

// offer takes an update, unless it has been seen or there is no room for it.
func (s *subscription) offer(i *item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateFailed || s.state == stateBehind || !s.wantsLocked(i) {
		return
	}
	s.state = stateLive
	full := len(s.queue) >= s.limit || len(s.queue) > 0 && s.bytes+i.size > s.limitBytes
	switch {
	case full && s.kind == kindOSDMap:
		s.state = stateBehind
		return
	case full && s.kind == kindLog:
		s.failLocked(ErrBehind)
		return
	case full:
		last := len(s.queue) - 1
		s.bytes -= s.queue[last].size
		s.queue = s.queue[:last]
	}
	s.queue = append(s.queue, i)
	s.bytes += i.size
	s.next = i.epoch + 1
	s.wakeReader()
}

// wantsLocked reports whether an update is new, and keeps of an osdmap what is needed of it.
func (s *subscription) wantsLocked(i *item) bool {
	switch {
	case s.kind == kindOptions:
		if s.last != nil && bytes.Equal(s.last, i.whole) {
			return false
		}
		s.last = i.whole
		return true
	case i.epoch < s.next:
		return false
	case s.kind != kindOSDMap:
		return true
	case i.change != nil && s.next != 0 && i.epoch == s.next:
		i.whole = nil
		return true
	case i.whole != nil:
		i.change = nil
		return true
	case s.next != 0 && s.state == stateLive:
		s.state = stateBehind // something is missing in between
		s.wakeReader()
	}
	return false
}

// read makes an update of what has waited. It belongs to the reader.
func (s *subscription) read(i *item) (*Update, error) {
	if s.kind != kindOSDMap {
		return i.update, nil
	}
	u := &Update{What: s.what, Epoch: i.epoch}
	var epoch uint32
	if i.change != nil {
		u.Change = new(messages.OSDMapIncremental)
		if err := u.Change.Decode(i.change); err != nil {
			return nil, err
		}
		epoch = u.Change.Epoch
		if s.osdMap != nil {
			var err error
			if u.OSDMap, err = s.osdMap.Apply(u.Change); err != nil {
				return nil, err
			}
		} else {
			u.OSDMap = u.Change.Full
		}
	} else {
		u.OSDMap = new(messages.OSDMap)
		if err := u.OSDMap.Decode(i.whole); err != nil {
			return nil, err
		}
		epoch = u.OSDMap.Epoch
	}
	if uint64(epoch) != i.epoch {
		return nil, errors.WithMessagef(wire.ErrInvalid, "map %d comes as %d", epoch, i.epoch)
	}
	s.osdMap = u.OSDMap
	return u, nil
}
