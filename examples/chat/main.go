// Command chat is a talk among equals, each with each, over sessions that lose nothing, while
// sockets break all the time.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// lines is how many lines each says to each.
const lines = 200

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run lets those of these names talk, and prints what each has heard.
func run(ctx context.Context, names []string, stdout io.Writer) error {
	if len(names) < 2 {
		return errors.New("usage: chat NAME NAME…")
	}
	peers := make([]*peer, len(names))
	for i := range names {
		var err error
		if peers[i], err = newPeer(ctx, int64(i), len(names)); err != nil {
			return err
		}
		defer peers[i].messenger.Close()
	}
	for _, p := range peers {
		if err := p.talk(peers); err != nil {
			return err
		}
	}
	for i, p := range peers {
		if err := p.finish(ctx); err != nil {
			return errors.WithMessage(err, names[i])
		}
	}
	// Now all know that all has been heard, and nobody is called in vain who has left.
	var faults int64
	for i, p := range peers {
		if err := p.messenger.Shutdown(ctx); err != nil {
			return err
		}
		for other, name := range names {
			if other != i {
				fmt.Fprintf(stdout, "%s heard %d lines of %s, in order\n", names[i],
					p.heard[wire.OSD(int64(other))], name)
			}
		}
		faults += p.faults.Load()
	}
	fmt.Fprintf(stdout, "while sockets broke %d times\n", faults)
	return nil
}
