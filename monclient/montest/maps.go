package montest

import (
	"slices"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
)

// Maps is what the monitors of a cluster agree on and clients subscribe to: the osdmap with its
// history, the map of the managers, the log, and the options. What is set is sent at once to all
// who want it. Its methods may be called by many goroutines at once.
type Maps struct {
	fsid messages.UUID

	mu       sync.Mutex // a leaf; guards what follows
	monitors []*Monitor
	osdMaps  []osdMap // by epoch; the first and the last with their whole maps at least
	mgrMap   *messages.MgrMap
	log      []messages.LogEntry // the version of the log is their number
	options  map[string]string
	settings uint64 // how often options have been set
}

// osdMap is an epoch of the osdmap.
type osdMap struct {
	whole  *messages.OSDMap
	change []byte // encoded; nil for the first one
}

// osdMapsInMessage is how many changes one message takes at most (osd_map_message_max).
const osdMapsInMessage = 40

// NewMaps returns the maps of a cluster that has none yet.
func NewMaps(fsid messages.UUID) *Maps { return &Maps{fsid: fsid} }

func (maps *Maps) watch(mon *Monitor) {
	maps.mu.Lock()
	defer maps.mu.Unlock()
	maps.monitors = slices.DeleteFunc(maps.monitors, func(other *Monitor) bool {
		return other.config.Name == mon.config.Name // it has been started anew
	})
	maps.monitors = append(maps.monitors, mon)
}

// set changes something, and has the monitors send it.
func (maps *Maps) set(change func()) {
	maps.mu.Lock()
	change()
	monitors := slices.Clone(maps.monitors)
	maps.mu.Unlock()
	for _, mon := range monitors {
		mon.publish()
	}
}

// SetOSDMap begins a new history of the osdmap, as when the monitors have forgotten all that was
// before m.
func (maps *Maps) SetOSDMap(m *messages.OSDMap) {
	maps.set(func() { maps.osdMaps = []osdMap{{whole: m}} })
}

// ChangeOSDMap makes the next osdmap. The change's fsid and epoch are filled in; -1 in its Flags
// and MaxOSD leaves those as they are. It fails if there is no map to change, or as OSDMap.Apply
// does.
func (maps *Maps) ChangeOSDMap(change *messages.OSDMapIncremental) (err error) {
	maps.set(func() {
		if len(maps.osdMaps) == 0 {
			err = errors.New("montest: there is no osdmap to be changed")
			return
		}
		last := maps.osdMaps[len(maps.osdMaps)-1].whole
		change.FSID, change.Epoch = last.FSID, last.Epoch+1
		var next *messages.OSDMap
		if next, err = last.Apply(change); err == nil {
			maps.osdMaps = append(maps.osdMaps, osdMap{whole: next, change: change.Append(nil)})
		}
	})
	return err
}

// ForgetOSDMaps forgets all but the last n epochs of the osdmap, as monitors do after a while.
func (maps *Maps) ForgetOSDMaps(n int) {
	maps.set(func() { maps.osdMaps = maps.osdMaps[max(0, len(maps.osdMaps)-n):] })
}

// OSDMap returns the present osdmap, nil if there is none.
func (maps *Maps) OSDMap() *messages.OSDMap {
	maps.mu.Lock()
	defer maps.mu.Unlock()
	if len(maps.osdMaps) == 0 {
		return nil
	}
	return maps.osdMaps[len(maps.osdMaps)-1].whole
}

// SetMgrMap sets the map of the managers, whose epoch must be above that of the one before.
func (maps *Maps) SetMgrMap(m *messages.MgrMap) { maps.set(func() { maps.mgrMap = m }) }

// Log appends lines to the cluster's log.
func (maps *Maps) Log(lines ...messages.LogEntry) {
	maps.set(func() { maps.log = append(maps.log, lines...) })
}

// SetOptions sets the options that the monitors keep for everybody.
func (maps *Maps) SetOptions(options map[string]string) {
	maps.set(func() {
		maps.options = options
		maps.settings++
	})
}

// since returns the messages that bring a subscription from its next epoch to the present, and
// moves it on.
func (maps *Maps) since(what string, next *uint64) []*simplemsgr.Message {
	maps.mu.Lock()
	defer maps.mu.Unlock()
	switch what {
	case "osdmap":
		return maps.osdMapsSince(next)
	case "mgrmap":
		if maps.mgrMap != nil && *next <= uint64(maps.mgrMap.Epoch) {
			*next = uint64(maps.mgrMap.Epoch) + 1
			return []*simplemsgr.Message{request.Encode(maps.mgrMap)}
		}
	case "config":
		if maps.settings != 0 && *next <= maps.settings {
			*next = maps.settings + 1
			return []*simplemsgr.Message{request.Encode(&messages.Config{Options: maps.options})}
		}
	default:
		if level, ok := logLevels[what]; ok {
			return maps.logSince(level, next)
		}
	}
	return nil
}

func (maps *Maps) osdMapsSince(next *uint64) (all []*simplemsgr.Message) {
	if len(maps.osdMaps) == 0 {
		return nil
	}
	oldest := maps.osdMaps[0].whole.Epoch
	newest := oldest + uint32(len(maps.osdMaps)) - 1
	from := *next
	if from > uint64(newest) {
		return nil
	}
	*next = uint64(newest) + 1
	front := messages.OSDMaps{FSID: maps.fsid, Oldest: oldest, Newest: newest}
	flush := func() {
		if len(front.Maps)+len(front.Incrementals) > 0 {
			all = append(all, request.Encode(&front))
			front.Maps, front.Incrementals = nil, nil
		}
	}
	switch {
	case from == 0:
		from = uint64(newest) + 1
		front.Maps = []messages.EncodedMap{{Epoch: newest, Bytes: maps.encodedLocked(newest)}}
	case from <= uint64(oldest):
		from = uint64(oldest) + 1
		front.Maps = []messages.EncodedMap{{Epoch: oldest, Bytes: maps.encodedLocked(oldest)}}
	}
	for ; from <= uint64(newest); from++ {
		front.Incrementals = append(front.Incrementals, messages.EncodedMap{Epoch: uint32(from),
			Bytes: maps.osdMaps[from-uint64(oldest)].change})
		if len(front.Incrementals) == osdMapsInMessage {
			flush()
		}
	}
	flush()
	return all
}

func (maps *Maps) encodedLocked(epoch uint32) []byte {
	return maps.osdMaps[epoch-maps.osdMaps[0].whole.Epoch].whole.Append(nil)
}

var logLevels = map[string]messages.LogPriority{"log-debug": messages.LogDebug,
	"log-info": messages.LogInfo, "log-sec": messages.LogSecurity,
	"log-warn": messages.LogWarning, "log-error": messages.LogError}

// logSince returns the lines of a level and above from the version next on; from 0 on the last one.
func (maps *Maps) logSince(level messages.LogPriority, next *uint64) []*simplemsgr.Message {
	version := uint64(len(maps.log))
	if *next > version || version == 0 {
		return nil
	}
	front := messages.Log{FSID: maps.fsid, Version: version}
	for i, line := range maps.log {
		if line.Priority >= level && uint64(i) >= max(*next, 1)-1 {
			front.Entries = append(front.Entries, line)
		}
	}
	if *next == 0 && len(front.Entries) > 1 {
		front.Entries = front.Entries[len(front.Entries)-1:]
	}
	*next = version + 1
	return []*simplemsgr.Message{request.Encode(&front)}
}
