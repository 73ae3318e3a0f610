package lab3

import (
	"fmt"
	"strings"

	"simplemessenger/auth"
	"simplemessenger/labs/structures"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// arrival is a connect message, and what this side thinks of its sender.
type arrival struct {
	ConnectSeq      uint32 `json:"connect_seq"`
	GlobalSeq       uint32 `json:"global_seq"`
	ProtocolVersion uint32 `json:"protocol_version"`
	Features        uint64 `json:"features"`
	HostType        uint8  `json:"host_type"`
	// Credentials is "accepted", "challenged" or "refused".
	Credentials string `json:"credentials"`
	// PrincipalType is the type of who the sender has proved to be, 0 if nobody.
	PrincipalType uint8           `json:"principal_type"`
	Peer          structures.Addr `json:"peer"`
	Local         structures.Addr `json:"local"`
	WantVersion   uint32          `json:"want_version"`
	Required      uint64          `json:"required"`
	ResetCheck    bool            `json:"reset_check"`
	Beside        bool            `json:"beside"`
}

// existing is the pipe that is registered for the peer.
type existing struct {
	State         string `json:"state"`
	ConnectSeq    uint32 `json:"connect_seq"`
	PeerGlobalSeq uint32 `json:"peer_global_seq"`
	Lossy         bool   `json:"lossy"`
	Server        bool   `json:"server"`
	Insists       bool   `json:"insists"`
	Renounced     bool   `json:"renounced"`
	Exhausted     bool   `json:"exhausted"`
}

// situation is all that a decision depends on.
type situation struct {
	Arrival  arrival   `json:"arrival"`
	Existing *existing `json:"existing"`
}

// decision is the answer, and what becomes of the existing pipe.
type decision struct {
	Tag          string `json:"tag"`
	ConnectSeq   uint32 `json:"connect_seq"`
	GlobalSeq    uint32 `json:"global_seq"`
	Replace      bool   `json:"replace"`
	EndSession   bool   `json:"end_session"`
	ResetSession bool   `json:"reset_session"`
	FreshPeer    bool   `json:"fresh_peer"`
	WakeExisting bool   `json:"wake_existing"`
}

var states = map[string]protocol.State{"CONNECTING": protocol.Connecting, "OPEN": protocol.Open,
	"STANDBY": protocol.Standby, "WAIT": protocol.Wait}

func (s situation) arrival() protocol.Arrival {
	a := s.Arrival
	out := protocol.Arrival{Connect: wire.Connect{Features: wire.Features(a.Features),
		HostType: wire.EntityType(a.HostType), GlobalSeq: a.GlobalSeq, ConnectSeq: a.ConnectSeq,
		ProtocolVersion: a.ProtocolVersion}, Peer: a.Peer.Wire(), Local: a.Local.Wire(),
		ResetCheck: a.ResetCheck, ProtocolVersion: a.WantVersion,
		Required: wire.Features(a.Required), Beside: a.Beside}
	if a.PrincipalType != 0 {
		out.Principal = protocol.Principal{Name: auth.EntityName{
			Type: wire.EntityType(a.PrincipalType), ID: "x"}}
	}
	return out
}

func (e *existing) rules() *protocol.Existing {
	if e == nil {
		return nil
	}
	return &protocol.Existing{State: states[e.State], ConnectSeq: e.ConnectSeq,
		PeerGlobalSeq: e.PeerGlobalSeq, Lossy: e.Lossy, Server: e.Server, Insists: e.Insists,
		Renounced: e.Renounced, Exhausted: e.Exhausted}
}

// decide is what the library decides.
func decide(s situation) protocol.Decision {
	a := s.arrival()
	if d := protocol.DecidePeer(a); d.Case != protocol.CaseNone {
		return d
	}
	switch s.Arrival.Credentials {
	case "challenged":
		return protocol.Decision{Case: protocol.CaseChallenge, Tag: wire.TagChallengeAuthorizer}
	case "refused":
		return protocol.Decision{Case: protocol.CaseBadAuthorizer, Tag: wire.TagBadAuthorizer}
	}
	if d := protocol.DecidePrincipal(a); d.Case != protocol.CaseNone {
		return d
	}
	return protocol.DecideSession(a, s.Existing.rules())
}

// decisionOf is a decision of the library as it is asked for.
func decisionOf(d protocol.Decision) decision {
	return decision{Tag: d.Tag.String(), ConnectSeq: d.ConnectSeq, GlobalSeq: d.GlobalSeq,
		Replace: d.Replace, EndSession: d.Case == protocol.CaseLossyExisting,
		ResetSession: d.ResetExisting, FreshPeer: d.FreshPeer, WakeExisting: d.WakeExisting}
}

// String says in words what there is.
func (s situation) String() string {
	a := s.Arrival
	parts := []string{fmt.Sprintf("c has connect_seq %d, global_seq %d", a.ConnectSeq, a.GlobalSeq)}
	add := func(is bool, format string, args ...any) {
		if is {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(a.ProtocolVersion != a.WantVersion, "protocol_version %d, we want %d", a.ProtocolVersion,
		a.WantVersion)
	add(a.Required&^a.Features != 0, "features %#x, we require %#x", a.Features, a.Required)
	add(a.Credentials != "accepted", "credentials are %s", a.Credentials)
	add(a.PrincipalType != 0, "the sender has proved to be of type %d and comes as type %d",
		a.PrincipalType, a.HostType)
	add(a.ResetCheck, "resetcheck")
	add(a.Beside, "another principal has a session at the address")
	e := s.Existing
	if e == nil {
		return strings.Join(append(parts, "no E"), ", ")
	}
	parts = append(parts, fmt.Sprintf("E is %s, connect_seq %d, peer_global_seq %d", e.State,
		e.ConnectSeq, e.PeerGlobalSeq))
	add(e.Lossy, "lossy")
	add(e.Server, "server")
	add(e.Insists, "insists")
	add(e.Renounced, "renounced")
	add(e.Exhausted, "with a number at its end")
	relation := map[int]string{-1: "below", 0: "the same as", 1: "above"}
	parts = append(parts, fmt.Sprintf("the peer's address %v is %s ours, %v", a.Peer,
		relation[a.Peer.Wire().Compare(a.Local.Wire())], a.Local))
	return strings.Join(parts, ", ")
}

// String names the answer and the fields that are set.
func (d decision) String() string {
	parts := []string{d.Tag}
	if d.Tag == "" {
		parts = []string{"no tag"}
	}
	add := func(is bool, text string) {
		if is {
			parts = append(parts, text)
		}
	}
	add(d.ConnectSeq != 0, fmt.Sprintf("connect_seq %d", d.ConnectSeq))
	add(d.GlobalSeq != 0, fmt.Sprintf("global_seq %d", d.GlobalSeq))
	add(d.Replace, "replace")
	add(d.EndSession, "end_session")
	add(d.ResetSession, "reset_session")
	add(d.FreshPeer, "fresh_peer")
	add(d.WakeExisting, "wake_existing")
	return strings.Join(parts, ", ")
}
