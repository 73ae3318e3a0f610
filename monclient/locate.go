package monclient

import (
	"context"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// ErrNoAddress: a daemon that there is has no address at which protocol v1 could reach it now.
var ErrNoAddress = errors.New("no address for protocol v1: it is down, or speaks v2 alone")

// Locate returns where a daemon is, by its name: "mon.a" or "mon.0", by name or rank, from the
// monmap, and "mon" for the monitor that we talk to; "osd.3" from the osdmap; "mgr", or "mgr.x",
// for the active manager from its map. It waits for a map that has not come yet, until ctx ends.
// From the first call on these maps are kept up to date, so that later calls ask nobody.
//
// An error wraps ErrNoAddress if the daemon is down.
func (c *Client) Locate(ctx context.Context, daemon string) (wire.EntityInst, error) {
	typ, id, _ := strings.Cut(daemon, ".")
	switch typ {
	case "mon":
		return c.locateMon(id)
	case "osd":
		return c.locateOSD(ctx, id)
	case "mgr":
		return c.locateMgr(ctx, id)
	}
	return wire.EntityInst{}, errors.Errorf("%q is neither an address nor a daemon that the "+
		"monitors know the address of (mon, mon.a, osd.0, mgr)", daemon)
}

// OSDMap returns the newest osdmap. It waits for the first one, until ctx ends; from then on the
// map is kept up to date. It must not be changed.
func (c *Client) OSDMap(ctx context.Context) (*messages.OSDMap, error) {
	u, err := c.followed(ctx, OSDMap)
	if err != nil {
		return nil, err
	}
	return u.OSDMap, nil
}

// MgrMap is OSDMap for the map of the managers.
func (c *Client) MgrMap(ctx context.Context) (*messages.MgrMap, error) {
	u, err := c.followed(ctx, MgrMap)
	if err != nil {
		return nil, err
	}
	return u.MgrMap, nil
}

// followed is a subscription that the Client has for itself.
type followed struct {
	ready chan struct{} // closed when there is an update or an error
	// Behind Client.mu.
	update *Update
	err    error // why there are no more
}

// followed returns the newest update of a subscription, which the first call begins.
func (c *Client) followed(ctx context.Context, what string) (*Update, error) {
	c.mu.Lock()
	f := c.follows[what]
	if f == nil && !c.closed {
		f = &followed{ready: make(chan struct{})}
		c.follows[what] = f
		c.followers.Go(func() { c.follow(what, f) })
	}
	c.mu.Unlock()
	if f == nil {
		return nil, ErrClosed
	}
	select {
	case <-f.ready:
	case <-c.done:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, c.gaveUp(ctx, "wait for the "+what)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return f.update, f.err
}

// follow keeps the newest update until the Client is closed. It is a goroutine of its own.
func (c *Client) follow(what string, f *followed) {
	first := true
	for update, err := range c.Subscribe(context.Background(), what, 0) {
		c.mu.Lock()
		f.update, f.err = update, err
		if err != nil {
			delete(c.follows, what) // the next call begins anew
		}
		c.mu.Unlock()
		if first {
			close(f.ready)
			first = false
		}
	}
}

func (c *Client) locateMon(id string) (wire.EntityInst, error) {
	if id == "" {
		return c.Monitor(), nil
	}
	monMap := c.MonMap()
	rank := monMap.Rank(id)
	if n, err := strconv.Atoi(id); rank < 0 && err == nil && n >= 0 && n < len(monMap.Monitors) {
		rank = n
	}
	if rank < 0 {
		names := make([]string, len(monMap.Monitors))
		for i, mon := range monMap.Monitors {
			names[i] = "mon." + mon.Name
		}
		return wire.EntityInst{}, errors.Errorf("no mon.%s in the monmap, which has %s", id,
			strings.Join(names, ", "))
	}
	return inst(wire.Mon(int64(rank)), monMap.Monitors[rank].Addrs)
}

func (c *Client) locateOSD(ctx context.Context, id string) (wire.EntityInst, error) {
	n, err := strconv.ParseInt(id, 10, 32)
	if err != nil || n < 0 {
		return wire.EntityInst{}, errors.Errorf("osd.%s: want a number, such as osd.0", id)
	}
	m, err := c.OSDMap(ctx)
	if err != nil {
		return wire.EntityInst{}, errors.WithMessagef(err, "find osd.%d", n)
	}
	switch osd := m.OSD(n); {
	case !osd.Exists():
		return wire.EntityInst{}, errors.Errorf("no osd.%d in osdmap %d", n, m.Epoch)
	case !osd.Up():
		return wire.EntityInst{}, errors.WithMessagef(ErrNoAddress, "osd.%d in osdmap %d", n,
			m.Epoch)
	default:
		return inst(wire.OSD(n), osd.Addrs)
	}
}

func (c *Client) locateMgr(ctx context.Context, id string) (wire.EntityInst, error) {
	m, err := c.MgrMap(ctx)
	switch {
	case err != nil:
		return wire.EntityInst{}, errors.WithMessage(err, "find the active mgr")
	case m.ActiveName == "":
		return wire.EntityInst{}, errors.New("no mgr is active")
	case id != "" && id != m.ActiveName:
		return wire.EntityInst{}, errors.Errorf("the active mgr is mgr.%s; where others are, if "+
			"there are any, is not known", m.ActiveName)
	}
	return inst(wire.Mgr(wire.NumUnknown), m.ActiveAddrs)
}

func inst(name wire.EntityName, addrs wire.AddrVec) (wire.EntityInst, error) {
	addr := addrs.Legacy()
	if addr.IsBlankIP() {
		return wire.EntityInst{}, errors.WithMessagef(ErrNoAddress, "%v", name)
	}
	return wire.EntityInst{Name: name, Addr: addr}, nil
}
