package view

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view/live"
	"simplemessenger/internal/command/view/recording"
)

const (
	// maxBody is the size of the largest request.
	maxBody = 4 << 10
	// batch is how many steps are told at once.
	batch = 1000
)

// newMux returns what answers requests that may be asked, and the policy of all that it answers.
func newMux(runs *runs) (mux *http.ServeMux, policy string, err error) {
	page, policy, err := newPage()
	if err != nil {
		return nil, "", err
	}
	source, err := newSource()
	if err != nil {
		return nil, "", err
	}
	mux = http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // who has gone does not want it
	})
	mux.HandleFunc("GET /source/{file}", source)
	mux.HandleFunc("GET /runs", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, runs.list())
	})
	mux.HandleFunc("GET /steps", runs.steps)
	mux.HandleFunc("GET /events", runs.events)
	mux.HandleFunc("POST /command", runs.command)
	mux.HandleFunc("POST /start", runs.startRun)
	return mux, policy, nil
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who has gone does not want it
}

// told are steps of a run, the first of which has the number From.
type told struct {
	Run   recording.Run    `json:"run"`
	From  int              `json:"from"`
	Steps []recording.Step `json:"steps"`
}

// asked finds the run and the number of the first step that a request asks for.
func (r *runs) asked(w http.ResponseWriter, q *http.Request) (rec *recording.Recorder, from int,
	ok bool) {
	rec, err := r.find(q.FormValue("run"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return nil, 0, false
	}
	first := q.FormValue("from")
	if last := q.Header.Get("Last-Event-ID"); last != "" {
		first = last // the connection of an EventSource broke
	}
	if from, err = strconv.Atoi(first); err != nil || from < 0 {
		http.Error(w, "from is no number of a step", http.StatusBadRequest)
		return nil, 0, false
	}
	return rec, from, true
}

// steps answers with all steps that there are.
func (r *runs) steps(w http.ResponseWriter, q *http.Request) {
	if rec, from, ok := r.asked(w, q); ok {
		steps, _, _ := rec.Since(from, recording.MaxSteps+1)
		answer(w, told{rec.Run(), from, steps})
	}
}

// events tells steps as they come, until the run is over.
func (r *runs) events(w http.ResponseWriter, q *http.Request) {
	rec, from, ok := r.asked(w, q)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	for {
		steps, more, over := rec.Since(from, batch)
		if len(steps) > 0 || over {
			b, err := json.Marshal(told{rec.Run(), from, steps})
			if err != nil {
				return
			}
			from += len(steps)
			if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", from, b); err != nil {
				return
			}
		}
		if err := control.Flush(); err != nil || over {
			return
		}
		if len(steps) == batch {
			continue
		}
		select {
		case <-more:
		case <-q.Context().Done():
			return
		}
	}
}

// body reads what a request says, which is small and nothing but what v has.
func body(w http.ResponseWriter, q *http.Request, v any) bool {
	kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		http.Error(w, "JSON is wanted", http.StatusUnsupportedMediaType)
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, q.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		http.Error(w, "the request goes on behind its end", http.StatusBadRequest)
		return false
	}
	return true
}

// refuse answers that something was not done.
func refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if errors.Is(err, live.ErrRefused) {
		status = http.StatusConflict
	}
	http.Error(w, err.Error(), status)
}

// command carries out what a spectator asks for.
func (r *runs) command(w http.ResponseWriter, q *http.Request) {
	var c struct {
		Run string `json:"run"`
		live.Command
	}
	if !body(w, q, &c) {
		return
	}
	if err := r.do(c.Run, c.Command); err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// startRun begins another run.
func (r *runs) startRun(w http.ResponseWriter, q *http.Request) {
	var c struct {
		Engines []string `json:"engines"`
	}
	if !body(w, q, &c) {
		return
	}
	if n := len(c.Engines); n < 2 || n > live.MaxMessengers {
		http.Error(w, "so many messengers cannot be run", http.StatusBadRequest)
		return
	}
	engines := make([]engine.Engine, len(c.Engines))
	for i, name := range c.Engines {
		// Options of engines cost threads: they are for the command line.
		if name != "simple" && name != "async" {
			http.Error(w, "there is no such engine", http.StatusBadRequest)
			return
		}
		if err := engines[i].Set(name); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	id, err := r.start(engines)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, map[string]string{"run": id})
}
