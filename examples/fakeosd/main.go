// Command fakeosd is an osd of a real cluster that keeps its objects in memory. It logs in to the
// monitors with its key, asks to be marked up, and serves whom the monitors have given tickets.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// patience is how often the monitors are told of us, and how long the end may take.
const patience = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run is the osd until ctx ends.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) != 3 {
		return errors.New("usage: fakeosd CEPH.CONF osd.N UUID")
	}
	name, err := wire.ParseEntityName(args[1])
	if err != nil || name.Type != wire.EntityOSD {
		return errors.Errorf("%q is not the name of an osd", args[1])
	}
	fsid, err := messages.ParseUUID(args[2])
	if err != nil {
		return err
	}
	config, err := monclient.LoadConf(ctx, args[0], args[1])
	if err != nil {
		return err
	}

	// The monitors give us the secrets with which the tickets of our clients are sealed.
	config.Rotating = cephx.NewRotatingKeyring(wire.EntityOSD, nil)
	judge, err := cephx.NewServer(cephx.ServerConfig{Service: wire.EntityOSD,
		Secrets: config.Rotating})
	if err != nil {
		return err
	}
	objects := newStore()
	answers := request.NewServer(request.ServerOptions{})
	answers.Handle(uint16(messages.TypeOSDOp), objects.answer)
	osd := simplemsgr.NewServer(name, simplemsgr.Config{AuthServer: judge})
	osd.AddDispatcher(answers)
	defer osd.Close()
	if err := osd.Bind(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	if err := osd.Start(); err != nil {
		return err
	}

	// Monitors tell clients the address of the connection by which we ask to be marked up.
	config.Messenger.Announce, config.Messenger.Nonce = osd.Addr().AddrPort(), osd.Addr().Nonce
	monitors, err := monclient.Dial(ctx, config)
	if err != nil {
		return err
	}
	failed := live(ctx, monitors, osd.Inst(), fsid, objects, stdout)

	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := monitors.Close(last); err != nil {
		return err
	}
	return cmp.Or(osd.Drain(last), failed)
}

// live tells the monitors of us, with each map and each tick: that we would like to be up, or that
// we still are. It returns nil when ctx ends.
func live(ctx context.Context, monitors *monclient.Client, self wire.EntityInst,
	fsid messages.UUID, objects *store, stdout io.Writer) error {
	maps := make(chan *messages.OSDMap)
	var failed error // may be read when maps is closed
	go func() {
		defer close(maps)
		for update, err := range monitors.Subscribe(ctx, monclient.OSDMap, 0) {
			if failed = err; err == nil {
				maps <- update.OSDMap
			}
		}
	}()
	tick := time.NewTicker(patience)
	defer tick.Stop()
	current, up := <-maps, false
	for current != nil {
		objects.setMap(current)
		was := up
		info := current.OSD(self.Name.Num)
		up = info.Up() && info.Addrs.Legacy() == self.Addr
		if up && !was {
			fmt.Fprintf(stdout, "%v is up at %v\n", self.Name, self.Addr)
		}
		// What gets lost is said again with the next tick.
		_ = monitors.Send(ctx, report(current, self, fsid, up))
		select {
		case current = <-maps: // nil at the end
		case <-tick.C:
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return failed
}

// report is what the monitors are to hear.
func report(m *messages.OSDMap, self wire.EntityInst, fsid messages.UUID,
	up bool) *simplemsgr.Message {
	if up {
		return request.Encode(&messages.OSDBeacon{Epoch: m.Epoch,
			Interval: uint32(patience.Seconds())})
	}
	addrs := wire.AddrVec{self.Addr}
	boot := &messages.OSDBoot{Epoch: m.Epoch, Cluster: m.FSID, OSD: int32(self.Name.Num),
		FSID: fsid, HeartbeatBack: addrs, HeartbeatFront: addrs, ClusterAddrs: addrs,
		Features: wire.FeaturesSupported, Metadata: map[string]string{"osd_objectstore": "memory"}}
	for _, release := range []string{"SERVER_OCTOPUS", "SERVER_PACIFIC"} {
		feature, _ := wire.LookupFeature(release)
		boot.Features |= feature.Mask
	}
	return request.Encode(boot)
}
