package ping

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"simplemessenger/wire"
)

// TextReport returns a Report for people.
func TextReport(w io.Writer) Report { return textReport{w} }

type textReport struct{ w io.Writer }

func (r textReport) LoggedIn(l Login) {
	fmt.Fprintf(r.w, "logged in to %v at %v as %v, global id %d\n", l.Monitor.Name, l.Monitor.Addr,
		l.Name, l.GlobalID)
}

func (r textReport) Opened(s Session) {
	fmt.Fprintf(r.w, "session with %v at %v open after %s, features %v%s\n", s.Peer.Type, s.Addr,
		short(s.Took), s.Features, proof(s.Method))
}

func (r textReport) Answered(a Answer) {
	if a.Keepalive {
		fmt.Fprintf(r.w, "KEEPALIVE2 %d answered by %v in %s\n", a.Number, a.From,
			short(a.RoundTrip))
		return
	}
	fmt.Fprintf(r.w, "MPing %d answered by %v in %s", a.Number, a.From, short(a.RoundTrip))
	if status, ok := DecodeMonitorPing(a.Payload); ok {
		fmt.Fprintf(r.w, ": %s", status)
	} else if len(a.Payload) > 0 {
		fmt.Fprintf(r.w, ", %d bytes", len(a.Payload))
	}
	fmt.Fprintln(r.w)
}

func (r textReport) Done(s Summary) {
	fmt.Fprintf(r.w, "%d sent, %d received", s.Sent, s.Received)
	if s.Received > 0 {
		fmt.Fprintf(r.w, ", round trip min/mean/max %s/%s/%s", short(s.Min), short(s.Mean),
			short(s.Max))
	}
	fmt.Fprintln(r.w)
}

func proof(method uint32) string {
	if method == wire.AuthCephx {
		return ", authenticated by cephx"
	}
	return ""
}

func short(d time.Duration) string { return fmt.Sprintf("%.3fms", float64(d.Nanoseconds())/1e6) }

// JSONReport returns a Report that prints an object a line.
func JSONReport(w io.Writer) Report { return jsonReport{json.NewEncoder(w)} }

type jsonReport struct{ enc *json.Encoder }

func (r jsonReport) LoggedIn(l Login) {
	_ = r.enc.Encode(map[string]any{"event": "login", "monitor": l.Monitor.Name,
		"addr": l.Monitor.Addr, "name": l.Name, "global_id": l.GlobalID})
}

func (r jsonReport) Opened(s Session) {
	o := map[string]any{"event": "open", "peer": s.Peer, "addr": s.Addr,
		"features": s.Features.String(), "ms": milliseconds(s.Took)}
	if s.Method == wire.AuthCephx {
		o["auth"] = "cephx"
	}
	_ = r.enc.Encode(o)
}

func (r jsonReport) Answered(a Answer) {
	o := map[string]any{"event": "answer", "number": a.Number, "from": a.From,
		"ms": milliseconds(a.RoundTrip), "bytes": len(a.Payload)}
	if a.Keepalive {
		o["keepalive"] = true
	}
	if text, ok := monitorPingText(a.Payload); ok && json.Valid(text) {
		o["payload"] = json.RawMessage(text)
	}
	_ = r.enc.Encode(o)
}

func (r jsonReport) Done(s Summary) {
	_ = r.enc.Encode(map[string]any{"event": "done", "sent": s.Sent, "received": s.Received,
		"min_ms": milliseconds(s.Min), "mean_ms": milliseconds(s.Mean),
		"max_ms": milliseconds(s.Max)})
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
