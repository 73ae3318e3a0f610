package cluster

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/ping"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/wire"
)

// Dial logs in to the monitors within Timeout, for tickets for these services. The errors are for
// people.
func (s Settings) Dial(ctx context.Context, services wire.EntityType) (*monclient.Client, error) {
	return s.dial(ctx, s.Config(services))
}

// DialDaemon is Dial for a daemon, whose own service's secrets go to rotating.
func (s Settings) DialDaemon(ctx context.Context,
	rotating *cephx.RotatingKeyring) (*monclient.Client, error) {
	config := s.Config(0)
	config.Rotating = rotating
	return s.dial(ctx, config)
}

func (s Settings) dial(ctx context.Context, config monclient.Config) (*monclient.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	c, err := monclient.Dial(ctx, config)
	if err != nil {
		return nil, s.Explain(err)
	}
	return c, nil
}

// Explain says in words what an error of a monclient.Client means. The result wraps err.
func (s Settings) Explain(err error) error {
	var result *cephx.ResultError
	var monitor *monclient.MonitorError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &result) && (messages.Errno(result.Code) == messages.EACCES ||
		messages.Errno(result.Code) == messages.EPERM):
		return &explained{fmt.Sprintf("the monitors refuse %v (%v): they do not know that name, "+
			"or the key in %s is wrong", s.Name, messages.Errno(result.Code), s.KeyFrom), err}
	case errors.Is(err, monclient.ErrMethod):
		return &explained{s.explainMethod(), err}
	case errors.Is(err, cephx.ErrWrongKey):
		return &explained{fmt.Sprintf("key of %v in %s is wrong: %v", s.Name, s.KeyFrom, err), err}
	case errors.As(err, &monitor) && errors.Is(err, monclient.ErrSilent):
		return &explained{fmt.Sprintf("monitor %v: no answer within %v (at step %q)", monitor.Addr,
			s.Timeout, monitor.Stage), err}
	case errors.As(err, &monitor):
		return &explained{"monitor " + ping.Explain(monitor.Err, monitor.Stage, ping.Options{
			Peer:    wire.EntityInst{Name: wire.Mon(wire.NumUnknown), Addr: monitor.Addr},
			Timeout: s.Timeout}).Error(), err}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return &explained{fmt.Sprintf("no answer from the monitors (%v) within %v", s.Monitors,
			s.Timeout), err}
	}
	return err
}

func (s Settings) explainMethod() string {
	switch {
	case s.KeyFrom != "":
		return "the monitors want no cephx: is it auth_client_required = none?"
	case len(s.Searched) > 0:
		return fmt.Sprintf("the monitors want cephx, and no keyring was found at %s: say where "+
			"the key of %v is with --keyring",
			strings.Join(s.Searched, ", "), s.Name)
	}
	return "the monitors want cephx, which auth_client_required does not allow"
}

type explained struct {
	text string
	err  error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.err }
