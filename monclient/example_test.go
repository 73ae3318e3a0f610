package monclient_test

import (
	"context"
	"fmt"
	"time"

	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/monclient/montest"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Log in, ask the monitors something, and make the messenger that talks to osds with the tickets.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	// A test double stands for the cluster. In real life, LoadConf returns the configuration.
	mons, err := montest.Start(ctx, montest.Config{
		Keyring: montest.NewKeyring("client.admin"),
		Command: func(_, _ []byte) ([]byte, string, messages.Errno) {
			return []byte(`{"health":"fine"}`), "", 0
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mons.Close()

	c, err := monclient.Dial(ctx, mons.Client("client.admin"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)

	output, _, err := c.Command(ctx, []byte(`{"prefix": "status", "format": "json"}`), nil)
	fmt.Printf("%s %v\n", output, err)

	m := simplemsgr.New(wire.Client(int64(c.GlobalID())), simplemsgr.Config{AuthClient: c})
	m.SetDefaultPolicy(simplemsgr.LossyClient())
	fmt.Println(m.Name())
	// Output:
	// {"health":"fine"} <nil>
	// client.4097
}

// Follow the map of the osds: first the whole, then what changes.
func ExampleClient_Subscribe() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	mons, err := montest.Start(ctx, montest.Config{}) // stands for the cluster
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mons.Close()
	mons.Maps().SetOSDMap(&messages.OSDMap{FSID: mons.MonMap().FSID, Epoch: 7,
		OSDs: []messages.OSDInfo{{State: messages.OSDExists | messages.OSDUp}}})

	c, err := monclient.Dial(ctx, mons.Client("client.x"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)

	for update, err := range c.Subscribe(ctx, monclient.OSDMap, 0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		up := update.OSDMap.OSD(0).Up()
		fmt.Printf("osdmap %d: osd.0 up: %v\n", update.Epoch, up)
		if !up {
			break
		}
		// It goes down.
		if err := mons.Maps().ChangeOSDMap(&messages.OSDMapIncremental{Flags: -1, MaxOSD: -1,
			States: []messages.OSDStateChange{{OSD: 0, Bits: messages.OSDUp}}}); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// osdmap 7: osd.0 up: true
	// osdmap 8: osd.0 up: false
}
