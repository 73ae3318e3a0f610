// Package trace is the messenger's one stream of events.
//
// Whatever a pipe does that somebody outside may want to know — frames in and out, decisions,
// faults, replays, waits — it tells as a typed Event, wrapped in a Record that says when, who, to
// whom and by which connection. Everything that observes a messenger hangs on this one hook: logs
// (package trace's NewLogger), counters (Counters), metrics (package metrics), the test oracle
// (Recorder), the timeline of the demo. Without a Tracer an event costs one nil check. A
// Metered one has a Meter, in which messages are counted, and gets records of what happens less
// often.
package trace
