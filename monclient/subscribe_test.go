package monclient_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// change makes the next osdmap, in which osd.0 is the other way round.
func (w *world) change() {
	w.t.Helper()
	if err := w.maps.ChangeOSDMap(&messages.OSDMapIncremental{Flags: -1, MaxOSD: -1,
		States: []messages.OSDStateChange{{OSD: 0, Bits: messages.OSDUp}}}); err != nil {
		w.t.Error(err)
	}
}

func (w *world) setOSDMap(epoch uint32) {
	w.maps.SetOSDMap(&messages.OSDMap{FSID: w.fsid, Epoch: epoch,
		OSDs: []messages.OSDInfo{{State: messages.OSDExists, Addrs: wire.AddrVec{addr("z")}}}})
}

// hours bounds a subscription in virtual time, so that what never comes fails a test.
func hours(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
	t.Cleanup(cancel)
	return ctx
}

// reader reads a subscription one by one.
type reader struct {
	t    *testing.T
	next func() (*monclient.Update, error, bool)
	stop func()
}

func read(t *testing.T, updates iter.Seq2[*monclient.Update, error]) *reader {
	next, stop := iter.Pull2(updates)
	t.Cleanup(stop)
	return &reader{t, next, stop}
}

func (r *reader) update() *monclient.Update {
	r.t.Helper()
	u, err, ok := r.next()
	if err != nil || !ok {
		r.t.Fatalf("%v, %v", err, ok)
	}
	return u
}

// epochs reads n osdmaps, and says of each how it came: "7" is a whole one, "+8" a change.
func (r *reader) epochs(n int) (all []string) {
	r.t.Helper()
	for range n {
		u := r.update()
		text := fmt.Sprint(u.Epoch)
		if u.Change != nil {
			text = "+" + text
		}
		if u.OSDMap != nil && uint64(u.OSDMap.Epoch) != u.Epoch {
			r.t.Errorf("map %d in update %d", u.OSDMap.Epoch, u.Epoch)
		}
		all = append(all, text)
	}
	return all
}

func (r *reader) want(epochs string) {
	r.t.Helper()
	want := strings.Fields(epochs)
	if got := r.epochs(len(want)); !slices.Equal(got, want) {
		r.t.Errorf("maps %v, want %v", got, want)
	}
}

func TestSubscribeOSDMap(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		first := read(t, c.Subscribe(hours(t), monclient.OSDMap, 0))
		time.AfterFunc(time.Minute, func() { w.setOSDMap(7) })
		first.want("7")
		w.change()
		w.change()
		first.want("+8 +9")
		// Others begin elsewhere, and disturb nobody.
		whole := read(t, c.Subscribe(hours(t), monclient.OSDMap, 0))
		whole.want("9")
		changes := read(t, c.Subscribe(hours(t), monclient.OSDMap, 8))
		changes.want("+8 +9")
		later := read(t, c.Subscribe(hours(t), monclient.OSDMap, 11))
		time.AfterFunc(time.Second, func() { w.change(); w.change(); w.change() })
		later.want("+11 +12")
		for _, r := range []*reader{first, whole, changes} {
			r.want("+10 +11 +12")
		}
	})
}

// A subscription from an epoch has no map until a whole one comes.
func TestSubscribeFromAnEpoch(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		w.setOSDMap(7)
		w.change()
		w.change()
		c := w.dial(w.config("a"))
		r := read(t, c.Subscribe(hours(t), monclient.OSDMap, 8))
		if u := r.update(); u.OSDMap != nil || u.Change.Epoch != 8 || u.Epoch != 8 {
			t.Errorf("%+v", u)
		}
		r.want("+9")
		w.setOSDMap(20) // and nobody knows what was in between
		if u := r.update(); u.OSDMap == nil || u.Change != nil || u.Epoch != 20 {
			t.Errorf("%+v", u)
		}
		w.change()
		if u := r.update(); u.Epoch != 21 || !u.OSDMap.OSD(0).Up() {
			t.Errorf("%+v", u)
		}
	})
}

// Whichever monitor dies, and whatever the next one still knows: nothing twice, nothing left out.
func TestSubscribeFailover(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		w.setOSDMap(7)
		c := w.dial(w.config("a"))
		first := read(t, c.Subscribe(hours(t), monclient.OSDMap, 0))
		first.want("7")
		mgr := read(t, c.Subscribe(hours(t), monclient.MgrMap, 0))
		w.maps.SetMgrMap(&messages.MgrMap{Epoch: 3, ActiveName: "x"})
		if u := mgr.update(); u.Epoch != 3 || u.MgrMap.ActiveName != "x" {
			t.Errorf("%+v", u)
		}
		for round := range 4 {
			w.change()
			if round%2 == 0 {
				time.Sleep(time.Second) // else it may come, or be lost with the monitor
			}
			last, other := w.monitorOf(c), "a"
			if last == "a" {
				other = "b"
			}
			w.kill(other)
			w.kill(last)
			w.change()
			w.change()
			if round == 2 {
				w.maps.ForgetOSDMaps(1)
			}
			w.startMonitor(other)
			time.Sleep(time.Minute)
			if now := w.monitorOf(c); now == last {
				t.Fatalf("still with mon.%s", now)
			}
			w.change()
			time.Sleep(time.Second)
			w.startMonitor(last)
		}
		// Of round 2 monitors have only the last of three, as a whole map.
		first.want("+8 +9 +10 +11 +12 +13 +14 +15 +16 18 +19 +20 +21 +22 +23")
		w.maps.SetMgrMap(&messages.MgrMap{Epoch: 9, ActiveName: "y"})
		if u := mgr.update(); u.Epoch != 9 {
			t.Errorf("mgrmap %d comes after 3, want 9", u.Epoch)
		}
	})
}

func lines(texts ...string) (all []messages.LogEntry) {
	for _, text := range texts {
		priority := messages.LogInfo
		if strings.HasPrefix(text, "debug") {
			priority = messages.LogDebug
		}
		all = append(all, messages.LogEntry{Text: text, Priority: priority, Channel: "cluster",
			Name: messages.NamedEntity{Type: wire.EntityMon, ID: "a"}})
	}
	return all
}

func TestSubscribeLog(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		w.maps.Log(lines("one", "two", "debug")...)
		c := w.dial(w.config("a"))
		var got []string
		w.maps.Log(lines("three")...)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for u, err := range c.Subscribe(hours(t), monclient.LogInfo, 2) {
				if err != nil {
					t.Error(err)
					return
				}
				for _, line := range u.Log {
					if got = append(got, line.Text); line.Text == "end" {
						return
					}
				}
			}
		}()
		time.Sleep(time.Minute)
		w.maps.Log(lines("four", "debug")...)
		w.kill(w.monitorOf(c))
		w.maps.Log(lines("five")...)
		w.maps.Log(lines("six")...)
		time.Sleep(time.Minute)
		w.maps.Log(lines("end")...)
		<-done
		want := strings.Fields("two three four five six end")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for _, err := range c.Subscribe(hours(t), monclient.LogError, 0) {
			if err == nil || !strings.Contains(err.Error(), "subscribed to the log before") {
				t.Errorf("a second log: %v", err)
			}
		}
	})
}

func TestSubscribeOptionsAndMonMap(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		w.maps.SetOptions(map[string]string{"debug_ms": "1"})
		c := w.dial(w.config("a"))
		options := read(t, c.Subscribe(hours(t), monclient.Options, 0))
		if u := options.update(); u.Options["debug_ms"] != "1" || u.What != monclient.Options {
			t.Errorf("%+v", u)
		}
		monMap := read(t, c.Subscribe(hours(t), monclient.MonMap, 0))
		if u := monMap.update(); u.MonMap.Epoch != 1 || len(u.MonMap.Monitors) != 2 {
			t.Errorf("%+v", u.MonMap)
		}
		w.kill(w.monitorOf(c))
		w.setMonMap(2, "b")
		w.maps.SetOptions(map[string]string{"debug_ms": "1"}) // nothing new
		time.Sleep(time.Minute)
		w.maps.SetOptions(map[string]string{"debug_ms": "2"})
		if u := options.update(); u.Options["debug_ms"] != "2" {
			t.Errorf("%+v", u)
		}
		if u := monMap.update(); u.MonMap.Epoch != 2 || len(u.MonMap.Monitors) != 1 {
			t.Errorf("%+v", u.MonMap)
		}
	})
}

// Who does not read makes nothing grow, and misses nothing that comes in steps.
func TestSubscribeSlowReader(t *testing.T) {
	for name, limit := range map[string]func(*monclient.Config){
		"updates": func(c *monclient.Config) { c.SubscriptionLimit = 3 },
		"bytes":   func(c *monclient.Config) { c.SubscriptionLimitBytes = 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
				w.setOSDMap(7)
				config := w.config("a")
				limit(&config)
				c := w.dial(config)
				osds := read(t, c.Subscribe(hours(t), monclient.OSDMap, 0))
				osds.want("7")
				mgrs := read(t, c.Subscribe(hours(t), monclient.MgrMap, 0))
				w.maps.SetMgrMap(&messages.MgrMap{Epoch: 1})
				mgrs.update()
				log := read(t, c.Subscribe(hours(t), monclient.LogDebug, 0))
				w.maps.Log(lines("one")...)
				log.update()
				for i := range 50 {
					w.change()
					w.maps.SetMgrMap(&messages.MgrMap{Epoch: uint32(2 + i)})
					w.maps.Log(lines("more")...)
					time.Sleep(time.Second)
				}
				var want []string
				for epoch := 8; epoch <= 57; epoch++ {
					want = append(want, fmt.Sprint("+", epoch))
				}
				osds.want(strings.Join(want[:20], " "))
				w.kill(w.monitorOf(c))
				time.Sleep(time.Minute)
				osds.want(strings.Join(want[20:], " "))

				var last uint64
				n := 0
				for ; last != 51; n++ {
					last = mgrs.update().Epoch
				}
				if n > 40 {
					t.Errorf("%d mgrmaps were waiting", n)
				}
				for n = 0; ; n++ {
					u, err, ok := log.next()
					if errors.Is(err, monclient.ErrBehind) {
						break
					}
					if err != nil || !ok || u.Epoch != uint64(n)+2 {
						t.Fatalf("line %d: %+v, %v", n, u, err)
					}
				}
				if n == 0 || n > 40 {
					t.Errorf("%d lines were waiting", n)
				}
			})
		})
	}
}

func TestSubscribeEnds(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		w.setOSDMap(7)
		c := w.dial(w.config("a"))
		for _, err := range c.Subscribe(hours(t), "fsmap", 0) {
			if err == nil || !strings.Contains(err.Error(), `"fsmap": not known here`) {
				t.Errorf("fsmap: %v", err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		rounds := 0
		for u, err := range c.Subscribe(ctx, monclient.OSDMap, 0) {
			rounds++
			switch {
			case rounds == 1 && (err != nil || u.Epoch != 7),
				rounds == 2 && !errors.Is(err, context.DeadlineExceeded):
				t.Errorf("%+v, %v", u, err)
			}
		}
		if rounds != 2 {
			t.Errorf("%d rounds", rounds)
		}
		time.AfterFunc(time.Minute, func() { _ = c.Close(context.Background()) })
		for _, err := range c.Subscribe(hours(t), monclient.MgrMap, 0) {
			if !errors.Is(err, monclient.ErrClosed) {
				t.Errorf("closed: %v", err)
			}
		}
	})
}

// Monitors that want subscriptions renewed get them renewed, in time.
func TestSubscribeRenewal(t *testing.T) {
	in(t, nil, func(t *testing.T, w *world) {
		w.ackInterval = 300
		w.setMonMap(1, "a")
		w.startMonitor("a")
		w.setOSDMap(7)
		c := w.dial(w.config("a"))
		r := read(t, c.Subscribe(hours(t), monclient.OSDMap, 0))
		r.want("7")
		before := w.subscribes()
		time.Sleep(time.Hour)
		if n := w.subscribes() - before; n < 12 || n > 30 {
			t.Errorf("%d renewals in an hour, want one in less than 300 s", n)
		}
		w.change()
		r.want("+8")
	})
}

// subscribes returns how often the monitors have been asked for subscriptions.
func (w *world) subscribes() (n int) {
	for _, e := range trace.Of[trace.MessageReceived](w.records.Records()) {
		if messages.Type(e.Header.Type) == messages.TypeMonSubscribe {
			n++
		}
	}
	return n
}

// say sends a message to all who are connected to a monitor.
func (w *world) say(monitor string, typ messages.Type, version uint16, front []byte) {
	for con := range w.monitors[monitor].Connections() {
		_ = con.Send(&simplemsgr.Message{Type: uint16(typ), Version: version, Front: front})
	}
}

// Bytes that make no sense end the subscription that they were for, with their field.
func TestSubscribeBadMessage(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		time.AfterFunc(time.Minute, func() {
			w.say("a", messages.TypeOSDMap, messages.OSDMapsVersion, (&messages.OSDMaps{
				Maps: []messages.EncodedMap{{Epoch: 3, Bytes: []byte("nonsense")}}}).Append(nil))
			w.say("a", messages.TypeMgrMap, messages.MgrMapVersion, []byte("nonsense"))
		})
		for what, field := range map[string]string{monclient.OSDMap: "decode OSDMap",
			monclient.MgrMap: "decode MMgrMap"} {
			done := make(chan error)
			go func() {
				for u, err := range c.Subscribe(hours(t), what, 0) {
					if err != nil {
						done <- err
						return
					}
					t.Errorf("%+v", u)
				}
			}()
			defer func() {
				if err := <-done; !strings.Contains(err.Error(), field) {
					t.Errorf("%s: %v", what, err)
				}
			}()
		}
	})
}
