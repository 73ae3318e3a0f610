package msghttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"simplemessenger/accepter"
	"simplemessenger/memnet"
	"simplemessenger/metrics"
	"simplemessenger/msghttp"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// messenger returns one that has metrics, and an address on a network in memory.
func messenger(t *testing.T, dispatch func(*simplemsgr.Message) bool) (*simplemsgr.Messenger,
	*prometheus.Registry) {
	t.Helper()
	c := metrics.New(metrics.Options{})
	n := memnet.New(memnet.Config{})
	t.Cleanup(n.Close)
	config := simplemsgr.Config{Accepter: accepter.Config{Listen: n.Host("10.0.0.1").Listen}}
	config.Pipe.Tracer = c
	m := simplemsgr.New(wire.OSD(0), config)
	m.AddDispatcher(simplemsgr.DispatcherFunc(dispatch))
	c.Watch(m)
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	t.Cleanup(func() { end(t, m) })
	if err := m.Bind(t.Context(), "10.0.0.1:6800"); err != nil {
		t.Fatal(err)
	}
	return m, r
}

func end(t *testing.T, m *simplemsgr.Messenger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	dropped := new(simplemsgr.DroppedError)
	if err := m.Shutdown(ctx); err != nil && !errors.As(err, &dropped) {
		t.Error(err)
	}
}

// get asks a handler.
func get(h http.Handler, method, path string) (status int, contentType, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Code, w.Header().Get("Content-Type"), w.Body.String()
}

func TestPaths(t *testing.T) {
	m, registry := messenger(t, func(*simplemsgr.Message) bool { return true })
	all := msghttp.New(m, msghttp.Options{Gatherer: registry, Profiles: true})
	few := msghttp.New(m, msghttp.Options{})
	for _, tc := range []struct {
		handler           http.Handler
		method, path      string
		status            int
		contentType, want string
	}{
		{all, "GET", "/", 200, "text/plain", "osd.0"},
		{all, "GET", "/", 200, "text/plain", "/metrics"},
		{all, "GET", "/metrics", 200, "text/plain", "simplemsgr_dispatches_total"},
		{all, "GET", "/dump", 200, "application/json", `"name": "osd.0"`},
		{all, "GET", "/healthz", 200, "text/plain", "ok"},
		{all, "GET", "/debug/pprof/", 200, "text/plain", "/debug/pprof/goroutine"},
		{all, "GET", "/debug/pprof/goroutine?debug=1", 200, "text/plain", "goroutine profile"},
		{all, "GET", "/debug/pprof/heap", 200, "application/octet-stream", ""},
		{all, "GET", "/debug/pprof/nothing", 404, "text/plain", "no such profile"},
		{all, "GET", "/debug/pprof/trace?seconds=0.001", 200, "application/octet-stream", "go 1."},
		{all, "GET", "/debug/pprof/profile?seconds=-1", 400, "text/plain", `"-1" is not between`},
		{all, "GET", "/debug/pprof/profile?seconds=1e9", 400, "text/plain", "is not between"},
		{all, "GET", "/debug/pprof/profile?seconds=NaN", 400, "text/plain", "is not between"},
		{all, "GET", "/debug/pprof/trace?seconds=x", 400, "text/plain", "is not between"},
		{all, "POST", "/dump", 405, "text/plain", "Method Not Allowed"},
		{all, "GET", "/elsewhere", 404, "text/plain", "not found"},
		{few, "GET", "/metrics", 404, "text/plain", "not found"},
		{few, "GET", "/debug/pprof/", 404, "text/plain", "not found"},
		{few, "GET", "/dump", 200, "application/json", `"throttles"`},
	} {
		status, contentType, body := get(tc.handler, tc.method, tc.path)
		if status != tc.status || !strings.HasPrefix(contentType, tc.contentType) ||
			!strings.Contains(body, tc.want) {
			t.Errorf("%s %s: %d %s, want %d %s and %q\n%s", tc.method, tc.path, status,
				contentType, tc.status, tc.contentType, tc.want, body)
		}
	}
	if _, _, body := get(few, "GET", "/"); strings.Contains(body, "metrics") ||
		strings.Contains(body, "pprof") {
		t.Errorf("the index names what there is not:\n%s", body)
	}
}

func TestDumpIsJSON(t *testing.T) {
	m, _ := messenger(t, func(*simplemsgr.Message) bool { return true })
	_, _, body := get(msghttp.New(m, msghttp.Options{}), "GET", "/dump")
	var dump struct{ Name string }
	if err := json.Unmarshal([]byte(body), &dump); err != nil || dump.Name != "osd.0" {
		t.Errorf("%v: %s", err, body)
	}
}

// Nobody has asked for profiles by the default mux of the process.
func TestDefaultMuxHasNoProfiles(t *testing.T) {
	if status, _, _ := get(http.DefaultServeMux, "GET", "/debug/pprof/"); status != 404 {
		t.Errorf("status %d", status)
	}
}

// A dispatcher that does not return, a program that is not well, and a messenger that is shut down.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := messenger(t, func(*simplemsgr.Message) bool {
			time.Sleep(time.Minute)
			return true
		})
		var ill error
		usual := msghttp.New(m, msghttp.Options{
			Healthy: func(context.Context) error { return ill }})
		patient := msghttp.New(m, msghttp.Options{MaxDispatchAge: -1})
		check := func(h http.Handler, status int, want string) {
			t.Helper()
			if got, _, body := get(h, "GET", "/healthz"); got != status ||
				!strings.Contains(body, want) {
				t.Errorf("%d %s, want %d %s", got, body, status, want)
			}
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		check(usual, 200, "ok")
		ill = errors.New("no disk")
		check(usual, 503, "no disk")
		ill = nil
		for range 2 { // the second waits for the first
			if err := m.Send(m.Inst(), &simplemsgr.Message{Type: 42}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(40 * time.Second)
		check(usual, 503, "a message waits for its dispatch")
		check(patient, 200, "ok")
		time.Sleep(2 * time.Minute)
		check(usual, 200, "ok")
		end(t, m)
		check(usual, 503, "shut down")
	})
}

// A handler is served where the program likes.
func Example() {
	m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{})
	defer m.Shutdown(context.Background())
	server := httptest.NewServer(msghttp.New(m, msghttp.Options{}))
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	answer, err := server.Client().Get(server.URL + "/healthz")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	fmt.Println(answer.Status)
	// Output: 200 OK
}
