package bench

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/memnet"
	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
)

const serverHost = "10.0.0.1"

// withheld is a server that collects requests and answers when it is told to.
type withheld struct {
	messenger *simplemsgr.Messenger
	requests  chan *simplemsgr.Message
	answerer  answerer
}

func newWithheld(t *testing.T, host *memnet.Host) *withheld {
	t.Helper()
	p := simplemsgr.StatelessServer()
	w := &withheld{messenger: simplemsgr.New(serverName, simplemsgr.Config{DefaultPolicy: &p}),
		requests: make(chan *simplemsgr.Message, 1000)}
	w.messenger.AddDispatcher(simplemsgr.DispatcherFunc(func(
		m *simplemsgr.Message) bool {
		w.requests <- m
		return true
	}))
	l, err := host.Listen(context.Background(), "tcp", serverHost+":6800")
	if err == nil {
		err = w.messenger.BindListener(l)
	}
	if err == nil {
		err = w.messenger.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *withheld) answer(t *testing.T) {
	t.Helper()
	m := <-w.requests
	if err := m.Connection().Send(w.answerer.answer(m)); err != nil {
		t.Fatal(err)
	}
}

// inMemory runs a test with a job whose server withholds its answers, in virtual time.
func inMemory(t *testing.T, o Options, test func(t *testing.T, j *job, w *withheld)) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New(memnet.Config{})
		w := newWithheld(t, net.Host(serverHost))
		e, err := newEndpoint(1, o.WithDefaults(), net.Host("10.0.0.2").Dial)
		if err == nil {
			err = e.connect(w.messenger.Addr())
		}
		if err != nil {
			t.Fatal(err)
		}
		test(t, newJob(e, o, newTemplate(o.Size, 0)), w)
		e.close()
		if err := w.messenger.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestInFlightIsExact(t *testing.T) {
	inMemory(t, Options{Concurrency: 5, Size: 100}, func(t *testing.T, j *job, w *withheld) {
		l := newLatency()
		j.start(12, 0, l)
		answered := 0
		for {
			synctest.Wait()
			if want := min(5, 12-answered); len(w.requests) != want {
				t.Fatalf("after %d answers %d requests are in flight, want %d", answered,
					len(w.requests), want)
			}
			if len(w.requests) == 0 {
				break
			}
			time.Sleep(time.Millisecond) // virtual: so that latencies are known
			w.answer(t)
			answered++
		}
		if err := j.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := l.summary(); s.Count != 12 || s.Min < 990 || s.Min > 1010 || s.Max < 5000 ||
			s.Max > 5010 {
			t.Errorf("%+v", s)
		}
	})
}

func TestFewerRequestsThanPlaces(t *testing.T) {
	inMemory(t, Options{Concurrency: 5}, func(t *testing.T, j *job, w *withheld) {
		for range 2 { // phases
			j.start(3, 0, newLatency())
			for range 3 {
				w.answer(t)
			}
			if err := j.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := j.completed.Load(); n != 6 {
			t.Errorf("%d completed", n)
		}
	})
}

func TestDurationEndsWithAllAnswered(t *testing.T) {
	inMemory(t, Options{Concurrency: 2}, func(t *testing.T, j *job, w *withheld) {
		j.start(0, time.Second, newLatency())
		for range 10 {
			synctest.Wait()
			time.Sleep(100 * time.Millisecond)
			w.answer(t)
		}
		// A second has passed: nothing new is sent, and the phase waits for the one that is in
		// flight.
		synctest.Wait()
		select {
		case <-j.over():
			t.Fatal("over although a request is in flight")
		default:
		}
		if len(w.requests) != 1 {
			t.Fatalf("%d requests in flight", len(w.requests))
		}
		w.answer(t)
		if err := j.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := j.completed.Load(); n != 11 {
			t.Errorf("%d completed", n)
		}
	})
}

func TestThinkDelaysTheNextRequest(t *testing.T) {
	inMemory(t, Options{Concurrency: 1, Think: time.Second},
		func(t *testing.T, j *job, w *withheld) {
			start := time.Now()
			j.start(3, 0, newLatency())
			for range 3 {
				w.answer(t)
			}
			if err := j.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(start); d != 3*time.Second {
				t.Errorf("took %v", d)
			}
		})
}

func TestWrongRepliesFail(t *testing.T) {
	reply := func(m *simplemsgr.Message) *simplemsgr.Message { return new(answerer).answer(m) }
	for name, send := range map[string]func(m *simplemsgr.Message) []*simplemsgr.Message{
		"twice": func(m *simplemsgr.Message) []*simplemsgr.Message {
			return []*simplemsgr.Message{reply(m), reply(m)}
		},
		"other transaction": func(m *simplemsgr.Message) []*simplemsgr.Message {
			r := reply(m)
			r.TID++
			return []*simplemsgr.Message{r}
		},
		"other stream": func(m *simplemsgr.Message) []*simplemsgr.Message {
			r := reply(m)
			r.TID |= 7 << streamShift
			return []*simplemsgr.Message{r}
		},
		"other type": func(m *simplemsgr.Message) []*simplemsgr.Message {
			r := reply(m)
			r.Type = uint16(messages.TypePing)
			return []*simplemsgr.Message{r}
		},
		"data": func(m *simplemsgr.Message) []*simplemsgr.Message {
			r := reply(m)
			r.Data = []byte("x")
			return []*simplemsgr.Message{r}
		},
		"cut off": func(m *simplemsgr.Message) []*simplemsgr.Message {
			r := reply(m)
			r.Front = r.Front[:20]
			return []*simplemsgr.Message{r}
		},
		"refused": func(m *simplemsgr.Message) []*simplemsgr.Message {
			m.Data = m.Data[1:] // not as long as the request says
			return []*simplemsgr.Message{reply(m)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, Options{Concurrency: 1, Size: 10}, func(t *testing.T, j *job, w *withheld) {
				j.start(2, 0, newLatency())
				m := <-w.requests
				for _, r := range send(m) {
					if err := m.Connection().Send(r); err != nil {
						t.Fatal(err)
					}
				}
				err := j.wait(t.Context())
				if err == nil {
					t.Fatal("nobody has noticed")
				}
				t.Log(err)
				// What has failed stays so.
				j.start(1, 0, newLatency())
				if j.wait(t.Context()) == nil {
					t.Error("the next phase has forgotten it")
				}
			})
		})
	}
}

func TestLostConnectionFails(t *testing.T) {
	inMemory(t, Options{Concurrency: 1}, func(t *testing.T, j *job, w *withheld) {
		j.start(1, 0, newLatency())
		m := <-w.requests
		m.Connection().MarkDown()
		if err := j.wait(t.Context()); err == nil {
			t.Fatal("nobody has noticed")
		}
	})
}
