package authtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/test/realpeer"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/wire"
)

// dumpedMap is what "ceph osd dump" says that an OSDMap has too.
type dumpedMap struct {
	Epoch  uint32 `json:"epoch"`
	FSID   string `json:"fsid"`
	Flags  string `json:"flags"`
	MaxOSD int    `json:"max_osd"`
	Pools  []struct {
		ID      int64             `json:"pool"`
		Name    string            `json:"pool_name"`
		Type    messages.PoolType `json:"type"`
		Size    uint8             `json:"size"`
		MinSize uint8             `json:"min_size"`
		PGNum   uint32            `json:"pg_num"`
		PGPNum  uint32            `json:"pg_placement_num"`
		Flags   uint64            `json:"flags"`
	} `json:"pools"`
	OSDs []struct {
		ID     int64   `json:"osd"`
		Up     int     `json:"up"`
		In     int     `json:"in"`
		Weight float64 `json:"weight"`
		Addr   struct {
			Addrs []struct {
				Type  string `json:"type"`
				Addr  string `json:"addr"`
				Nonce uint32 `json:"nonce"`
			} `json:"addrvec"`
		} `json:"public_addrs"`
	} `json:"osds"`
}

// lines makes of a dump what mapLines makes of a map.
func (d dumpedMap) lines() (all []string) {
	all = append(all, fmt.Sprintf("%d %s %d %s", d.Epoch, d.FSID, d.MaxOSD, d.Flags))
	for _, p := range d.Pools {
		all = append(all, fmt.Sprintf("%+v", messages.Pool{ID: p.ID, Name: p.Name, Type: p.Type,
			Size: p.Size, MinSize: p.MinSize, PGNum: p.PGNum, PGPNum: p.PGPNum, Flags: p.Flags}))
	}
	for _, o := range d.OSDs {
		line := fmt.Sprintf("osd.%d up %v in %v %.3f", o.ID, o.Up == 1, o.In == 1, o.Weight)
		for _, a := range o.Addr.Addrs {
			line += fmt.Sprintf(" %s:%s/%d", a.Type, a.Addr, a.Nonce)
		}
		all = append(all, line)
	}
	return all
}

func mapLines(m *messages.OSDMap) (all []string) {
	all = append(all, fmt.Sprintf("%d %v %d %v", m.Epoch, m.FSID, len(m.OSDs), m.Flags))
	for _, p := range m.Pools {
		all = append(all, fmt.Sprintf("%+v", p))
	}
	for id, o := range m.OSDs {
		if !o.Exists() {
			continue
		}
		line := fmt.Sprintf("osd.%d up %v in %v %.3f", id, o.Up(), o.In(),
			float64(o.Weight)/0x10000)
		for _, a := range o.Addrs {
			typ := map[wire.AddrType]string{wire.AddrLegacy: "v1", wire.AddrMsgr2: "v2"}[a.Type]
			line += fmt.Sprintf(" %s:%v/%d", typ, a.AddrPort(), a.Nonce)
		}
		all = append(all, line)
	}
	return all
}

// What we read of the maps, and make of their changes, is what Ceph's own commands say.
func TestMapsAreCephs(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		client := dial(t, settings(t, c, "client.admin"))
		dump := func(v any, command ...string) {
			t.Helper()
			out, err := c.Exec(deadline(t), append([]string{"ceph"}, command...)...)
			if err == nil {
				err = json.Unmarshal(out, v)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		run(t, c, `{"prefix": "osd set", "key": "noscrub"}`)
		run(t, c, `{"prefix": "osd unset", "key": "noscrub"}`)

		// From the first map on, by all that has changed since; and the present one, as it is.
		compared := 0
		for _, from := range []uint64{1, 0} {
			for update, err := range client.Subscribe(deadline(t), monclient.OSDMap, from) {
				if err != nil {
					t.Fatal(err)
				}
				var theirs dumpedMap
				if update.OSDMap == nil {
					t.Fatalf("the first map is change %d", update.Epoch)
				}
				if from == 1 && update.Epoch%3 != 0 && !update.OSDMap.OSD(1).Up() {
					continue // each takes the ceph command half a second
				}
				dump(&theirs, "osd", "dump", fmt.Sprint(update.Epoch), "--format", "json")
				if diff := cmp.Diff(theirs.lines(), mapLines(update.OSDMap)); diff != "" {
					t.Errorf("osdmap %d (-theirs +ours):\n%s", update.Epoch, diff)
				}
				if compared++; update.OSDMap.OSD(1).Up() {
					break
				}
			}
		}
		if compared < 3 {
			t.Errorf("only %d maps were compared", compared)
		}

		var mgr struct {
			Name string `json:"active_name"`
			GID  uint64 `json:"active_gid"`
			Addr string `json:"active_addr"`
		}
		dump(&mgr, "mgr", "dump", "--format", "json")
		ours, err := client.MgrMap(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		if ours.ActiveName != mgr.Name || ours.ActiveGID != mgr.GID ||
			ours.ActiveAddrs.Legacy().String() != mgr.Addr {
			t.Errorf("we read %+v, ceph says %+v", ours, mgr)
		}
		for _, osd := range c.OSDs {
			where, err := client.Locate(deadline(t), osd.Name)
			if err != nil || where.Addr.AddrPort() != osd.Addr {
				t.Errorf("%s is at %v, %v, want %v", osd.Name, where, err, osd.Addr)
			}
		}
	})
}

// A line that is written into the cluster's log comes to who watches it, and so does a new pool.
func TestCommandWatch(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		client := dial(t, settings(t, c, "client.admin"))
		text := "watched by " + t.Name()
		logged := false
		for update, err := range client.Subscribe(deadline(t), monclient.LogInfo, 1) {
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range update.Log {
				if line.Text == text {
					if line.Channel != "cluster" || line.Priority != messages.LogInfo {
						t.Errorf("%+v", line)
					}
					logged = true
				}
			}
			if logged {
				break
			}
			// What comes first says that we are subscribed.
			run(t, c, `{"prefix": "log", "logtext": ["`+text+`"]}`)
		}
		out, err := simplemsgrCommand(t, nil, "watch", "--conf", c.Conf, "--count", "3", "--json",
			"--level", "error",
			"--timeout", "1m")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"what":"osdmap"`, `2 osds: 2 up, 2 in`} {
			if !strings.Contains(out, want) {
				t.Errorf("no %s in\n%s", want, out)
			}
		}
	})
}
