package monclient_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// beacons returns how many beacons the monitors have got, and from whom the last one came.
func (w *world) beacons() (n int, from wire.EntityName) {
	for _, r := range w.records.Records() {
		e, ok := r.Event.(trace.MessageReceived)
		if ok && messages.Type(e.Header.Type) == messages.TypeOSDBeacon {
			n, from = n+1, e.Header.Source
		}
	}
	return n, from
}

func beacon() *simplemsgr.Message {
	m := messages.OSDBeacon{Epoch: 3}
	return &simplemsgr.Message{Type: uint16(messages.TypeOSDBeacon),
		Version: messages.OSDBeaconVersion, CompatVersion: messages.OSDBeaconCompatVersion,
		Front: m.Append(nil)}
}

// What an osd says to the monitors comes from that osd, to whichever monitor there is.
func TestSendComesFromTheDaemon(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		config := w.config("a", "b")
		entry, err := w.keyring.Lookup(w.name("osd.0"))
		if err != nil {
			t.Fatal(err)
		}
		config.Name, config.Key = w.name("osd.0"), entry.Key
		c := w.dial(config)
		for want := 1; want <= 2; want++ {
			if err := c.Send(t.Context(), beacon()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if n, from := w.beacons(); n != want || from != wire.OSD(0) {
				t.Errorf("%d beacons, the last from %v; want %d from osd.0", n, from, want)
			}
			if want == 1 {
				w.kill(w.monitorOf(c))
				time.Sleep(time.Second) // until it is noticed what is sent is lost
			}
		}
	})
}

func TestSendWaitsForAMonitor(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		w.kill("a")
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.Send(ctx, beacon()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without a monitor: %v", err)
		}
		sent := make(chan error)
		go func() { sent <- c.Send(t.Context(), beacon()) }()
		w.startMonitor("a")
		if err := <-sent; err != nil {
			t.Errorf("with a monitor again: %v", err)
		}
		w.close(c)
		if err := c.Send(t.Context(), beacon()); !errors.Is(err, monclient.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
}
