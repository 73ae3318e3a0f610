package cluster

import (
	"context"
	"encoding/json"

	"github.com/pkg/errors"
)

// Monitors is what carries commands to the monitors: a *monclient.Client.
type Monitors interface {
	Command(ctx context.Context, args, input []byte) (output []byte, status string, err error)
}

// Command carries a command with these arguments, of which one is "prefix", and reads its output,
// which it asks for in JSON, into result.
func Command(ctx context.Context, monitors Monitors, args map[string]any, result any) error {
	args["format"] = "json"
	text, err := json.Marshal(args)
	if err != nil {
		return errors.WithStack(err)
	}
	output, _, err := monitors.Command(ctx, text, nil)
	if err != nil {
		return err
	}
	// The arguments may be secrets.
	return errors.Wrapf(json.Unmarshal(output, result), "output of command %q", args["prefix"])
}
