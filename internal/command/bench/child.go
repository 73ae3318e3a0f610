package bench

import (
	"context"
	"encoding/json"
	"io"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// childKind is what a process is started for.
type childKind string

const (
	childServer     childKind = "server"
	childBareServer childKind = "bare-server"
	childPair       childKind = "pair" // a client that starts its server
	childBare       childKind = "bare"
)

// child is the order that a process gets as its argument, in JSON.
type child struct {
	Kind     childKind
	Options  Options
	CPU      int // -1 for any
	Profiles string
}

// RunChild does what this program has told itself to do: the argument is what Program was given. A
// server answers questions that come by in, a client writes its Result to out.
func RunChild(ctx context.Context, self Program, order string, in io.Reader,
	out io.Writer) (err error) {
	var c child
	if err := json.Unmarshal([]byte(order), &c); err != nil {
		return errors.Wrapf(err, "order %q", order)
	}
	if c.CPU >= 0 {
		if err := Pin(c.CPU); err != nil {
			return err
		}
	}
	if c.Profiles != "" {
		stop, err := StartProfiles(c.Profiles, string(c.Kind))
		if err != nil {
			return err
		}
		defer func() {
			if e := stop(); err == nil {
				err = e
			}
		}()
	}
	var r *Result
	switch c.Kind {
	case childServer:
		s, err := NewServer(ctx, c.Options, ServerPolicy(c.Options.Policy), anyPort, nil)
		return serveChild(s, err, in, out)
	case childBareServer:
		s, err := NewBareServer(ctx, c.Options, anyPort)
		return serveChild(s, err, in, out)
	case childPair:
		r, err = RunPair(ctx, c.Options, self, nil)
	case childBare:
		r, err = RunBare(ctx, c.Options, self, nil)
	default:
		err = errors.Errorf("order %q", order)
	}
	if err != nil {
		return err
	}
	return errors.WithStack(json.NewEncoder(out).Encode(r))
}

const anyPort = "127.0.0.1:0"

// AnyServer is a server of either kind.
type AnyServer interface {
	Peer
	Addr() wire.EntityAddr
	Close()
}

func serveChild(s AnyServer, err error, in io.Reader, out io.Writer) error {
	if err != nil {
		return err
	}
	defer s.Close()
	if err := Listening(out, s.Addr()); err != nil {
		return err
	}
	return serveControl(in, out, s)
}
