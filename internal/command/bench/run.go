package bench

import (
	"context"

	"simplemessenger/wire"
)

// RunClient makes the load against the server at addr. If server is nil nobody can be asked what
// the server uses.
func RunClient(ctx context.Context, addr wire.EntityAddr, server Peer, o Options,
	progress Progress) (*Result, error) {
	l, err := newMessengerLoad(addr, o, nil)
	if err != nil {
		return nil, err
	}
	defer l.close()
	r, err := measure(ctx, l, server, o, progress)
	if r != nil {
		r.Kind, r.CRC = kindMessenger, !o.NoCRC
	}
	return r, err
}

// RunPair makes the load against a server in a process of its own.
func RunPair(ctx context.Context, o Options, self Program, progress Progress) (*Result, error) {
	server, err := startServer(ctx, self, childServer, o)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	return RunClient(ctx, server.Addr, server, o, progress)
}

// RunSelf makes the load against a server in this process.
func RunSelf(ctx context.Context, o Options, progress Progress) (*Result, error) {
	server, err := NewServer(ctx, o, ServerPolicy(o.Policy), anyPort, nil)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	r, err := RunClient(ctx, server.Addr(), server, o, progress)
	if r != nil {
		r.oneProcess = true
		r.ServerCPU, r.ServerAllocs, r.ServerRSS = 0, 0, 0
	}
	return r, err
}

// RunBare makes the load with the bare loop, against a server in a process of its own.
func RunBare(ctx context.Context, o Options, self Program, progress Progress) (*Result, error) {
	server, err := startServer(ctx, self, childBareServer, o)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	l, err := newBareLoad(ctx, server.Addr, o)
	if err != nil {
		return nil, err
	}
	defer l.close()
	r, err := measure(ctx, l, server, o, progress)
	if r != nil {
		r.Kind, r.Engine, r.Policy, r.Workers, r.CRC = kindBare, "", "", 0, o.CRC
	}
	return r, err
}
