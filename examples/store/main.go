// Command store is a key-value store on disk: a server, and a client that does not mind that the
// server is killed and started again in the middle of its work.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// defaultPort is that of addresses that name none.
const defaultPort = 7000

// grace is how long a server that is told to end may take to answer what it has heard.
const grace = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	switch {
	case len(args) == 3 && args[0] == "serve":
		return serve(ctx, args[1], args[2], stdout)
	case len(args) >= 3 && (args[0] == "put" || args[0] == "get"):
		return ask(ctx, args[0], args[1], args[2:], stdout)
	}
	return errors.New("usage: store serve ADDRESS DIR | put ADDRESS KEY=VALUE… | " +
		"get ADDRESS KEY…")
}

// serve answers until ctx ends, and then all that it has heard until then.
func serve(ctx context.Context, address, dir string, stdout io.Writer) error {
	server := newServer(simplemsgr.Config{}, dir)
	defer server.Close()
	if err := server.Bind(ctx, address); err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "listening on", server.Addr().AddrPort())
	<-ctx.Done()
	fmt.Fprintln(stdout, "draining")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return server.Drain(last)
}

// ask carries out the client's commands. However they end, it takes leave of the server in order: a
// server that drains then knows that its last answer has arrived.
func ask(ctx context.Context, command, address string, args []string, stdout io.Writer) error {
	addr, err := simplemsgr.ResolveAddr(ctx, address, defaultPort)
	if err != nil {
		return err
	}
	c := newClient(simplemsgr.Config{}, wire.EntityInst{Name: wire.OSD(0), Addr: addr})
	defer c.messenger.Close()
	if err := c.messenger.Start(); err != nil {
		return err
	}
	for _, arg := range args {
		if err = c.carryOut(ctx, command, arg, stdout); err != nil {
			break
		}
	}
	return cmp.Or(err, c.messenger.Drain(ctx))
}

func (c *client) carryOut(ctx context.Context, command, arg string, stdout io.Writer) error {
	if command == "get" {
		stored, err := c.get(ctx, arg)
		if err == nil {
			_, err = fmt.Fprintf(stdout, "%s\n", stored)
		}
		return err
	}
	key, value, found := strings.Cut(arg, "=")
	if !found {
		return errors.Errorf("put %s: want KEY=VALUE", arg)
	}
	return c.put(ctx, key, []byte(value))
}
