package pipe

import (
	"os"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// answer decides over the latest connect message and carries the decision out, all but the writing
// of the reply.
func (a *acceptance) answer() (wire.ConnectReply, error) {
	p := a.p
	h := &a.handshake
	h.AuthReply = nil
	arrival := protocol.Arrival{
		Connect: h.Connect, Peer: p.peer().Addr, Local: p.host.Addr(),
		ResetCheck:      a.policy.ResetCheck,
		ProtocolVersion: wire.ProtocolVersion(p.host.Name().Type, h.Connect.HostType),
		Required:        a.policy.FeaturesRequired,
	}
	if server := p.host.AuthServer(); server != nil {
		arrival.Required |= server.RequiredFeatures(h.Connect.HostType)
	}
	d := protocol.DecidePeer(arrival)
	var refusal error
	if d.Case == protocol.CaseNone {
		if d, refusal = a.verify(); d.Case == protocol.CaseNone {
			arrival.Principal = protocol.PrincipalOf(a.handshake.Identity)
			d = protocol.DecidePrincipal(arrival)
		}
		if d.Case == protocol.CaseNone {
			var err error
			if d, err = a.decideSession(arrival); err != nil {
				return wire.ConnectReply{}, err
			}
		}
	}
	reply := h.Reply(d, arrival, func() uint32 { return p.host.NextGlobalSeq(0) })
	p.events.Decided(d.Case, reply.Tag, handshake.Reason(d, arrival, refusal))
	return reply, nil
}

// verify has the credentials looked at.
func (a *acceptance) verify() (protocol.Decision, error) {
	p, l := a.p, a.l
	if a.handshake.Exchange == nil {
		return protocol.Decision{}, nil
	}
	if err := p.enter(&p.readerStage, protocol.StageAcceptVerifyAuthorizer, l, 0); err != nil {
		return protocol.Decision{Case: protocol.CaseBadAuthorizer, Tag: wire.TagBadAuthorizer}, err
	}
	return a.handshake.Verify()
}

// decideSession has the session decide. While the one that the peer comes to delivers a message it
// may not be taken over: wait for that, and ask again.
func (a *acceptance) decideSession(arrival protocol.Arrival) (protocol.Decision, error) {
	p, l := a.p, a.l
	caller := session.Caller{Arrival: arrival, Handshake: &a.handshake, Policy: a.policy,
		Seen: a.seen}
	for {
		if err := p.enter(&p.readerStage, protocol.StageAcceptDecide, l, 0); err != nil {
			return protocol.Decision{}, err
		}
		p.internalDelay()
		idle := make(chan struct{})
		v, err := p.session.Decide(&caller, func() { close(idle) })
		switch {
		case err != nil:
			return protocol.Decision{}, err
		case v.Opens():
			return v.Decision, a.letIn(v.Session)
		case !v.Busy:
			return v.Decision, nil
		}
		if err := p.enter(&p.readerStage, protocol.StageAcceptWaitDispatch, l, 0); err != nil {
			return protocol.Decision{}, err
		}
		if err := a.await(idle); err != nil {
			return protocol.Decision{}, errors.WithMessage(err, "wait for a dispatch")
		}
	}
}

// await waits for idle to be closed, within the handshake's time.
func (a *acceptance) await(idle <-chan struct{}) error {
	late := time.NewTimer(time.Until(a.l.deadline))
	defer late.Stop()
	select {
	case <-idle:
		return nil
	case <-late.C:
		return os.ErrDeadlineExceeded
	case <-a.p.done:
		return ErrClosed
	}
}

// letIn goes on with the session into which the peer was let.
func (a *acceptance) letIn(s *session.Session) error {
	if s == nil { // the socket was given up meanwhile
		return ErrClosed
	}
	a.opened = true
	a.p.serve(s)
	a.l.Events = a.p.events
	a.p.host.Dispatch().FastAccept(s.Connection())
	return nil
}
