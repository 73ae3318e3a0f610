// Package engine is the choice of an engine on a command line.
package engine

import (
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/async"
	"simplemessenger/pipe"
	"simplemessenger/session"
)

// Engine is a choice, by name. It implements the Value interface of flags; the zero value is
// "simple".
type Engine struct {
	text  string // as it was asked for; empty: simple
	async *async.Options
	// makes engines that share their workers; nil if each is to have its own
	shared func(session.Host) session.Engine
}

// Usage says what the flag is for.
const Usage = "engine of the messenger: simple (a reader and a writer for each connection) or " +
	"async (events), with options behind commas: workers=N, pin (a thread for each worker), " +
	"busy=DURATION (go on asking so long before sleeping), shared (by all messengers of the " +
	"process), portable (without epoll)"

// New is a value for simplemsgr.Config.Engine.
func (e Engine) New(host session.Host) session.Engine {
	if e.async == nil {
		return pipe.New(host)
	}
	if e.shared != nil {
		return e.shared(host)
	}
	return e.async.New(host)
}

// OneWorker returns the engine with a single worker, if it has any.
func (e Engine) OneWorker() Engine {
	if e.async != nil {
		one := *e.async
		one.Workers = 1
		e.async, e.shared = &one, nil
	}
	return e
}

// Sharing returns the engine with workers that all messengers share, if it has any: for a process
// with thousands of messengers, each of which would have an epoll set and two descriptors.
func (e Engine) Sharing() Engine {
	if e.async != nil && e.shared == nil {
		e.shared = async.Share(*e.async)
	}
	return e
}

// String returns the name, and the options.
func (e Engine) String() string {
	if e.text == "" {
		return "simple"
	}
	return e.text
}

// Set chooses by name.
func (e *Engine) Set(text string) error {
	name, rest, more := strings.Cut(text, ",")
	var chosen Engine
	switch {
	case name == "simple" && !more:
	case name == "simple":
		return errors.Errorf("the engine simple has no options (%q)", rest)
	case name == "async":
		chosen.async = new(async.Options)
		if !more {
			break
		}
		shared, err := setOptions(chosen.async, rest)
		if err != nil {
			return err
		}
		if shared {
			chosen.shared = async.Share(*chosen.async)
		}
	default:
		return errors.Errorf("no engine %q (there are: simple, async)", name)
	}
	chosen.text = text
	*e = chosen
	return nil
}

func setOptions(o *async.Options, text string) (shared bool, err error) {
	for option := range strings.SplitSeq(text, ",") {
		name, value, hasValue := strings.Cut(option, "=")
		switch {
		case name == "workers":
			o.Workers, err = strconv.Atoi(value)
			if err != nil || o.Workers < 1 || o.Workers > async.MaxWorkers {
				err = errors.Errorf("workers=N: a number from 1 to %d", async.MaxWorkers)
			}
		case name == "busy":
			o.BusyPoll, err = time.ParseDuration(value)
			if err != nil || o.BusyPoll < 0 {
				err = errors.New("busy=DURATION: a time such as 50us")
			}
		case name == "pin" && !hasValue:
			o.Pin = true
		case name == "shared" && !hasValue:
			shared = true
		case name == "portable" && !hasValue:
			o.Portable = true
		default:
			return false, errors.Errorf("the engine async has no option %q "+
				"(there are: workers=N, pin, busy=DURATION, shared, portable)", option)
		}
		if err != nil {
			return false, errors.Wrapf(err, "engine async: option %q", option)
		}
	}
	return shared, nil
}

// Type returns what the value is called in usages.
func (e *Engine) Type() string { return "engine" }

// MarshalText implements encoding.TextMarshaler.
func (e Engine) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Engine) UnmarshalText(b []byte) error { return e.Set(string(b)) }
