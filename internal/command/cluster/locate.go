package cluster

import (
	"context"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/monclient"
	"simplemessenger/wire"
)

// Locate returns where a daemon is: "mon" for the monitor that c talks to, "mon.a" or "mon.0" by name or rank, "osd.3", and "mgr" or
// "mgr.x" for the active manager.
func Locate(ctx context.Context, c *monclient.Client, daemon string) (wire.EntityInst, error) {
	typ, id, _ := strings.Cut(daemon, ".")
	switch typ {
	case "mon":
		return locateMon(c, id)
	case "osd":
		return LocateOSD(ctx, c, id)
	case "mgr":
		return locateMgr(ctx, c, id)
	}
	return wire.EntityInst{}, errors.Errorf("%q is neither an address nor a daemon that the monitors know the address of (mon, mon.a, osd.0, mgr)", daemon)
}

func locateMon(c *monclient.Client, id string) (wire.EntityInst, error) {
	if id == "" {
		return c.Monitor(), nil
	}
	monMap := c.MonMap()
	rank := monMap.Rank(id)
	if n, err := strconv.Atoi(id); rank < 0 && err == nil && n < len(monMap.Monitors) {
		rank = n
	}
	if rank < 0 {
		names := make([]string, len(monMap.Monitors))
		for i, mon := range monMap.Monitors {
			names[i] = "mon." + mon.Name
		}
		return wire.EntityInst{}, errors.Errorf("no mon.%s in the monmap, which has %s", id, strings.Join(names, ", "))
	}
	return inst(wire.Mon(int64(rank)), monMap.Monitors[rank].Addrs.Legacy())
}

// LocateOSD returns where an osd is.
func LocateOSD(ctx context.Context, monitors Monitors, id string) (wire.EntityInst, error) {
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 {
		return wire.EntityInst{}, errors.Errorf("osd.%s: want a number, such as osd.0", id)
	}
	var found struct {
		Addrs AddrVec `json:"addrs"`
	}
	if err := Command(ctx, monitors, map[string]any{"prefix": "osd find", "id": n}, &found); err != nil {
		return wire.EntityInst{}, errors.WithMessagef(err, "find osd.%d", n)
	}
	return inst(wire.OSD(int64(n)), found.Addrs.Legacy())
}

func locateMgr(ctx context.Context, c *monclient.Client, id string) (wire.EntityInst, error) {
	var dump struct {
		Name  string  `json:"active_name"`
		Addrs AddrVec `json:"active_addrs"`
	}
	if err := Command(ctx, c, map[string]any{"prefix": "mgr dump"}, &dump); err != nil {
		return wire.EntityInst{}, errors.WithMessage(err, "find the active mgr")
	}
	switch {
	case dump.Name == "":
		return wire.EntityInst{}, errors.New("no mgr is active")
	case id != "" && id != dump.Name:
		return wire.EntityInst{}, errors.Errorf("the active mgr is mgr.%s; where others are, if there are any, is not known", dump.Name)
	}
	return inst(wire.Mgr(wire.NumUnknown), dump.Addrs.Legacy())
}

func inst(name wire.EntityName, addr wire.EntityAddr) (wire.EntityInst, error) {
	if addr.IsBlankIP() {
		return wire.EntityInst{}, errors.Errorf("%v has no address for protocol v1: it is down, or speaks v2 alone", name)
	}
	return wire.EntityInst{Name: name, Addr: addr}, nil
}
