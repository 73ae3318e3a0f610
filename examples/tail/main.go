// Command tail prints what changes in a cluster: monitors, managers, osds, pools, and the log.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/monclient"
)

// patience is how long the login and the end may take.
const patience = 30 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run reads the cluster's ceph.conf, as Ceph's own commands do, and prints until ctx ends.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 2 {
		return errors.New("usage: tail [CEPH.CONF [client.NAME]]")
	}
	args = append(args, "", "") // as by default
	config, err := monclient.LoadConf(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	return tail(ctx, config, stdout)
}

// tail logs in, and prints until ctx ends.
func tail(ctx context.Context, config monclient.Config, stdout io.Writer) error {
	login, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := monclient.Dial(login, config)
	if err != nil {
		return err
	}
	err = follow(ctx, c, stdout)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if closing := c.Close(last); err == nil {
		err = closing
	}
	return err
}

// follow prints what each subscription brings, line by line. The first that fails ends all.
func follow(ctx context.Context, c *monclient.Client, stdout io.Writer) error {
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	var osds osdWatch
	subscriptions := map[string]func(*monclient.Update) []string{
		monclient.MonMap:  monitors,
		monclient.MgrMap:  manager,
		monclient.OSDMap:  osds.changes,
		monclient.LogInfo: lines,
	}
	printed := make(chan string)
	ended := make(chan error)
	for what, say := range subscriptions {
		go func() {
			ended <- each(life, c, what, func(u *monclient.Update) {
				for _, line := range say(u) {
					printed <- line
				}
			})
		}()
	}
	var first error
	for running := len(subscriptions); running > 0; {
		select {
		case line := <-printed:
			fmt.Fprintln(stdout, line)
		case err := <-ended:
			running--
			if first == nil && ctx.Err() == nil { // an end that is wished is no error
				first = err
			}
			cancel()
		}
	}
	return first
}

// each calls f with all that a subscription brings: first what is now, then what comes. Monitors
// may die meanwhile; the next one is asked for what follows.
func each(ctx context.Context, c *monclient.Client, what string,
	f func(*monclient.Update)) error {
	for update, err := range c.Subscribe(ctx, what, 0) {
		if err != nil {
			return errors.WithMessage(err, what)
		}
		f(update)
	}
	return nil
}
