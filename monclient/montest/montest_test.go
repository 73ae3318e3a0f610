package montest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/auth"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/monclient/montest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A program that follows the cluster, tested with two monitors of which one dies.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// In a test: mons := montest.New(t, montest.Config{...})
	mons, err := montest.Start(ctx, montest.Config{Monitors: []string{"a", "b"},
		Keyring: montest.NewKeyring("client.admin")})
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
	mons.Maps().Log(messages.LogEntry{Priority: messages.LogInfo, Text: "hello"})
	for update, err := range c.Subscribe(ctx, monclient.LogInfo, 1) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(update.Log[0].Text)
		if update.Epoch == 2 {
			break
		}
		mons.Stop(mons.MonMap().Monitors[c.Monitor().Name.Num].Name)
		mons.Maps().Log(messages.LogEntry{Priority: messages.LogInfo, Text: "still there"})
	}
	// Output:
	// hello
	// still there
}

func TestCluster(t *testing.T) {
	mons := montest.New(t, montest.Config{Keyring: montest.NewKeyring("client.x"),
		Command: func(args, input []byte) ([]byte, string, messages.Errno) {
			return append(args, input...), "fine", 0
		}})
	config := mons.Client("client.x")
	config.HuntInterval = 10 * time.Millisecond
	c, err := monclient.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for range 2 {
		output, status, err := c.Command(t.Context(), []byte("args"), []byte(" input"))
		if string(output) != "args input" || status != "fine" || err != nil {
			t.Errorf("%s, %s, %v", output, status, err)
		}
		mons.Stop("a")
		mons.Stop("a") // does nothing
		if err := mons.Restart(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if err := mons.Restart(t.Context(), "a"); err != nil {
			t.Errorf("again: %v", err)
		}
	}
	if err := mons.Restart(t.Context(), "z"); err == nil {
		t.Error("mon.z was started")
	}
	if err := mons.Maps().ChangeOSDMap(&messages.OSDMapIncremental{}); err == nil {
		t.Error("no map was changed")
	}

	other, err := montest.NewKeyring("client.x").Lookup(config.Name)
	if err != nil {
		t.Fatal(err)
	}
	config.Key = other.Key
	if _, err := monclient.Dial(t.Context(), config); !errors.Is(err, auth.ErrRefused) {
		t.Errorf("with another key: %v", err)
	}
}
