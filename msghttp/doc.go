// Package msghttp shows a messenger to people and to Prometheus, over HTTP.
//
// New returns a handler; the program decides where it listens:
//
//	go http.Serve(listener, msghttp.New(m, msghttp.Options{Gatherer: registry}))
//
// It has
//
//	/metrics       what the gatherer has, for Prometheus
//	/dump          Messenger.Dump as JSON: each session, where it waits, how long its queues are
//	/healthz       200 while the messenger does its work, 503 and the reason if it does not
//	/debug/pprof/  profiles of the process, if Options.Profiles asks for them
//
// A dump has names and addresses of peers, and profiles cost time: let it listen where only those
// come who run the program.
package msghttp
