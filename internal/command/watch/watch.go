package watch

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/monclient"
)

// Event is a line: a change of a map, or a line of the log.
type Event struct {
	Time  time.Time `json:"time"` // when the map, or the line of the log, was made
	What  string    `json:"what"` // osdmap, mgrmap, monmap, log
	Epoch uint64    `json:"epoch"`
	Text  string    `json:"text"`

	// Of a line of the log.

	From     string `json:"from,omitempty"` // mon.a
	Channel  string `json:"channel,omitempty"`
	Priority string `json:"priority,omitempty"` // INF
}

// Print prints the event as a line for people.
func (e Event) Print(w io.Writer) error {
	stamp := e.Time.Local().Format("2006-01-02 15:04:05.000")
	var err error
	if e.What == "log" {
		_, err = fmt.Fprintf(w, "%s  %s %s [%s] %s\n", stamp, e.From, e.Channel, e.Priority, e.Text)
	} else {
		_, err = fmt.Fprintf(w, "%s  %s %d: %s\n", stamp, e.What, e.Epoch, e.Text)
	}
	return errors.WithStack(err)
}

// Levels are the levels of the log, by the names that commands take.
var Levels = map[string]string{"debug": monclient.LogDebug, "info": monclient.LogInfo,
	"sec": monclient.LogSecurity, "warn": monclient.LogWarning, "error": monclient.LogError}

// Run calls emit, once at a time, for what the maps are now, and then for each change and each line
// of the log from level (a monclient.Log…) up, until ctx ends, which is no error, or emit returns
// one.
func Run(ctx context.Context, c *monclient.Client, level string, emit func(Event) error) error {
	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	var mu sync.Mutex
	var group sync.WaitGroup
	for what, from := range map[string]uint64{monclient.OSDMap: 0, monclient.MgrMap: 0,
		monclient.MonMap: 0, level: 0} {
		group.Go(func() {
			var last *monclient.Update
			for update, err := range c.Subscribe(life, what, from) {
				if err != nil {
					end(err)
					return
				}
				for _, event := range events(last, update) {
					mu.Lock()
					err := life.Err()
					if err == nil {
						err = emit(event)
					}
					mu.Unlock()
					if err != nil {
						end(err)
						return
					}
				}
				last = update
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(life)
}

// events returns what there is to tell of an update that follows last; nil for the first one.
func events(last, update *monclient.Update) (all []Event) {
	tell := func(what string, at time.Time, texts []string) {
		for _, text := range texts {
			all = append(all, Event{Time: at, What: what, Epoch: update.Epoch, Text: text})
		}
	}
	switch {
	case update.OSDMap != nil && last == nil:
		tell("osdmap", update.OSDMap.Modified.Time(), []string{osdMapNow(update.OSDMap)})
	case update.OSDMap != nil:
		tell("osdmap", update.OSDMap.Modified.Time(),
			osdMapChanges(last.OSDMap, update.OSDMap))
	case update.MgrMap != nil:
		text := mgrMapNow(update.MgrMap)
		if last == nil || mgrMapNow(last.MgrMap) != text {
			tell("mgrmap", time.Now(), []string{text})
		}
	case update.MonMap != nil:
		tell("monmap", update.MonMap.LastChanged.Time(), []string{monMapNow(update.MonMap)})
	}
	for i := range update.Log {
		line := &update.Log[i]
		all = append(all, Event{Time: line.Time(), What: "log", Epoch: update.Epoch,
			Text: line.Text, From: line.Name.String(), Channel: line.Channel,
			Priority: line.Priority.String()})
	}
	return slices.Clip(all)
}
