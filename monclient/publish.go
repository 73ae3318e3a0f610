package monclient

import (
	"os"
	"slices"
	"strings"
	"time"

	"simplemessenger/messages"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
)

// publish brings a message that subscriptions are about to them. A message that cannot be read ends
// those that wait for it.
func (c *Client) publish(m *simplemsgr.Message) {
	var kind kind
	var read func(*simplemsgr.Message) ([]*item, error)
	switch messages.Type(m.Type) {
	case messages.TypeMonMap:
		kind, read = kindMonMap, readMonMap
	case messages.TypeMgrMap:
		kind, read = kindMgrMap, readMgrMap
	case messages.TypeConfig:
		kind, read = kindOptions, readOptions
	case messages.TypeOSDMap:
		kind, read = kindOSDMap, readOSDMaps
	case messages.TypeLog:
		kind, read = kindLog, readLog
	default:
		return
	}
	subscriptions := c.subscribed(kind)
	if len(subscriptions) == 0 {
		return
	}
	items, err := read(m)
	for _, s := range subscriptions {
		for _, i := range items {
			own := *i
			if own.update != nil {
				update := *own.update
				update.What = s.what
				own.update = &update
			}
			s.offer(&own)
		}
		if err != nil {
			s.fail(err)
		}
	}
}

func readMonMap(m *simplemsgr.Message) ([]*item, error) {
	monMap := new(messages.MonMap)
	if err := request.Decode(m, monMap); err != nil {
		return nil, err
	}
	epoch := uint64(monMap.Epoch)
	return []*item{{epoch: epoch, size: len(m.Front),
		update: &Update{Epoch: epoch, MonMap: monMap}}}, nil
}

func readMgrMap(m *simplemsgr.Message) ([]*item, error) {
	mgrMap := new(messages.MgrMap)
	if err := request.Decode(m, mgrMap); err != nil {
		return nil, err
	}
	epoch := uint64(mgrMap.Epoch)
	return []*item{{epoch: epoch, size: len(m.Front),
		update: &Update{Epoch: epoch, MgrMap: mgrMap}}}, nil
}

func readOptions(m *simplemsgr.Message) ([]*item, error) {
	var config messages.Config
	if err := request.Decode(m, &config); err != nil {
		return nil, err
	}
	return []*item{{size: len(m.Front), whole: append([]byte{}, m.Front...),
		update: &Update{Options: config.Options}}}, nil
}

func readLog(m *simplemsgr.Message) ([]*item, error) {
	var log messages.Log
	if err := request.Decode(m, &log); err != nil {
		return nil, err
	}
	return []*item{{epoch: log.Version, size: len(m.Front),
		update: &Update{Epoch: log.Version, Log: log.Entries}}}, nil
}

// readOSDMaps returns an item for each epoch of a message, in their order.
func readOSDMaps(m *simplemsgr.Message) (items []*item, err error) {
	var maps messages.OSDMaps
	if err := request.Decode(m, &maps); err != nil {
		return nil, err
	}
	byEpoch := map[uint32]*item{}
	at := func(e messages.EncodedMap) *item {
		i := byEpoch[e.Epoch]
		if i == nil {
			i = &item{epoch: uint64(e.Epoch)}
			byEpoch[e.Epoch] = i
			items = append(items, i)
		}
		i.size += len(e.Bytes)
		return i
	}
	for _, e := range maps.Incrementals {
		at(e).change = e.Bytes
	}
	for _, e := range maps.Maps {
		at(e).whole = e.Bytes
	}
	slices.SortFunc(items, func(a, b *item) int { return int(int64(a.epoch) - int64(b.epoch)) })
	return items, nil
}

// subscribe asks a new monitor for monmaps as they come, and for what there are subscriptions to.
func (s *session) subscribe() error {
	own := uint64(s.c.MonMap().Epoch) + 1
	first, second := map[string]uint64{MonMap: own}, map[string]uint64{}
	for _, sub := range s.c.subscribed() {
		from, ok := sub.ask(true)
		if !ok {
			continue
		}
		switch other, there := first[sub.what]; {
		case !there, from != 0 && other != 0:
			if !there {
				other = from
			}
			first[sub.what] = min(from, other)
		case from != other:
			// Who wants whatever there is is served last: what comes in steps would be left out
			// for the others.
			first[sub.what], second[sub.what] = max(from, other), 0
		}
	}
	if err := s.sendSubscribe(first); err != nil || len(second) == 0 {
		return err
	}
	return s.sendSubscribe(second)
}

// ask asks the monitor for one subscription.
func (s *session) askFor(sub *subscription) error {
	from, ok := sub.ask(false)
	if !ok {
		return nil
	}
	return s.sendSubscribe(map[string]uint64{sub.what: from})
}

func (s *session) sendSubscribe(starts map[string]uint64) error {
	hostname, _ := os.Hostname() // for people who look at the monitor's sessions
	m := messages.MonSubscribe{Hostname: hostname}
	for what, start := range starts {
		m.What = append(m.What, messages.Subscription{Name: what, Start: start})
	}
	slices.SortFunc(m.What, func(a, b messages.Subscription) int {
		return strings.Compare(a.Name, b.Name)
	})
	return s.connection.Send(request.Encode(&m))
}

// leastInterval is how often subscriptions are renewed at most, whatever a monitor says.
const leastInterval = 2 * time.Second

// acknowledged says when the subscriptions have to be renewed, as monitors want it from who has no
// feature MON_STATEFUL_SUB.
func (s *session) acknowledged(m *simplemsgr.Message) {
	var ack messages.MonSubscribeAck
	if request.Decode(m, &ack) != nil {
		return
	}
	s.resubscribe.Reset(max(time.Duration(ack.Interval)*time.Second, leastInterval) / 2)
}
