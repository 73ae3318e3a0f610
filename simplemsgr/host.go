package simplemsgr

import (
	"context"
	"net"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// host is the messenger as its sessions and pipes see it. It implements session.Host.
type host struct{ *Messenger }

func (h host) Name() wire.EntityName   { return h.name }
func (h host) Addr() wire.EntityAddr   { return h.Messenger.Addr() }
func (h host) Config() *session.Config { return &h.config.Pipe }

func (h host) AuthClient() auth.Client { return h.config.AuthClient }
func (h host) AuthServer() auth.Server { return h.config.AuthServer }

func (h host) Table() *session.Table      { return h.table }
func (h host) Dispatch() session.Dispatch { return h.dispatch }
func (h host) NextPipeID() uint64         { return h.pipeID.Add(1) }
func (h host) NextConnectionID() uint64   { return h.dispatch.queue.NextConnectionID() }
func (h host) Admission() session.Admission {
	if h.sessions == nil {
		return nil
	}
	return h.sessions
}
func (h host) Guard() *session.Guard { return &h.guard }
func (h host) Go(f func())           { h.goroutines.Go(f) }

func (h host) Policy(peer wire.EntityType) Policy {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p, ok := h.policies[peer]; ok {
		return p
	}
	return h.defaultPolicy
}

// NextGlobalSeq returns a number above all that it has returned before, and above seen, as long as
// there is one.
func (h host) NextGlobalSeq(seen uint32) uint32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.globalSeq = protocol.NextGlobalSeq(h.globalSeq, seen)
	return h.globalSeq
}

// LearnAddr takes the host of the address by which a peer sees us, if we do not know ours. Port and
// nonce stay.
func (h host) LearnAddr(seen wire.EntityAddr) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.addr.IsBlankIP() || seen.IsBlankIP() || h.config.DisableLearnAddr {
		return false
	}
	h.addr.Type, h.addr.IP = wire.AddrLegacy, seen.IP
	h.addr.FlowInfo, h.addr.ScopeID = seen.FlowInfo, seen.ScopeID
	session.SetLoopbackAddr(h.loopback, h.addr)
	return true
}

func (h host) Dial(ctx context.Context, to wire.EntityAddr) (conn net.Conn, err error) {
	defer h.guard.Recover("Config.Dial", nil, &err)
	conn, err = h.config.Dial(ctx, "tcp", to.AddrPort().String())
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, errors.New("the dialer has returned neither a connection nor an error")
	}
	h.config.tune(conn)
	return conn, nil
}
