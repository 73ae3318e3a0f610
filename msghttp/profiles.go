package msghttp

import (
	"fmt"
	"io"
	"net/http"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"time"
)

// Package net/http/pprof would do all of this, but whoever links it shows the profiles by
// http.DefaultServeMux too, asked or not.

const (
	profilesPath = "/debug/pprof/"
	// MaxProfile is how long a profile of the processor, or a trace, may take.
	MaxProfile = 5 * time.Minute
)

func addProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET "+profilesPath+"{$}", listProfiles)
	mux.HandleFunc("GET "+profilesPath+"{name}", profile)
	mux.HandleFunc("GET "+profilesPath+"profile", func(w http.ResponseWriter, r *http.Request) {
		record(w, r, 30*time.Second, pprof.StartCPUProfile, pprof.StopCPUProfile)
	})
	mux.HandleFunc("GET "+profilesPath+"trace", func(w http.ResponseWriter, r *http.Request) {
		record(w, r, time.Second, trace.Start, trace.Stop)
	})
}

func listProfiles(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, p := range pprof.Profiles() {
		fmt.Fprintln(w, profilesPath+p.Name()+"?debug=1")
	}
	fmt.Fprintln(w, profilesPath+"profile?seconds=30")
	fmt.Fprintln(w, profilesPath+"trace?seconds=1")
}

// profile shows what the runtime has counted so far: for go tool pprof, or with debug for people.
func profile(w http.ResponseWriter, r *http.Request) {
	p := pprof.Lookup(r.PathValue("name"))
	if p == nil {
		http.Error(w, "there is no such profile", http.StatusNotFound)
		return
	}
	debug, _ := strconv.Atoi(r.FormValue("debug"))
	contentType := "application/octet-stream"
	if debug > 0 {
		contentType = "text/plain; charset=utf-8"
	}
	w.Header().Set("Content-Type", contentType)
	_ = p.WriteTo(w, debug)
}

// record records for as long as it is asked to, until the asker goes.
func record(w http.ResponseWriter, r *http.Request, usual time.Duration,
	start func(io.Writer) error, stop func()) {
	d := usual
	if text := r.FormValue("seconds"); text != "" {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || !(seconds > 0 && seconds <= MaxProfile.Seconds()) {
			http.Error(w, fmt.Sprintf("seconds: %q is not between 0 and %v", text,
				MaxProfile.Seconds()), http.StatusBadRequest)
			return
		}
		d = time.Duration(seconds * float64(time.Second))
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := start(w); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	defer stop()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
