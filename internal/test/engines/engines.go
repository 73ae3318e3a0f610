// Package engines gives tests the flag -engine: which engine carries the sessions of their
// messengers.
package engines

import (
	"flag"

	"simplemessenger/internal/command/engine"
	"simplemessenger/session"
)

var chosen engine.Engine

func init() { flag.Var(&chosen, "engine", engine.Usage) }

// New makes the chosen engine. It is a value for simplemsgr.Config.Engine.
func New(host session.Host) session.Engine { return chosen.New(host) }

// OneWorker makes the chosen engine with a single worker, if that has any, which carries all
// connections.
func OneWorker(host session.Host) session.Engine { return chosen.OneWorker().New(host) }

// Name returns the name of the chosen engine.
func Name() string { return chosen.String() }
