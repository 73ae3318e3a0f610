package cluster

import (
	"context"
	"encoding/json"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Monitors is what carries commands to the monitors: a *monclient.Client.
type Monitors interface {
	Command(ctx context.Context, args, input []byte) (output []byte, status string, err error)
}

// Command carries a command with these arguments, of which one is "prefix", and reads its output, which it asks for in JSON, into result.
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
	return errors.Wrapf(json.Unmarshal(output, result), "output of %s", text)
}

// AddrVec is a list of addresses as commands print them.
type AddrVec struct {
	Addrs []struct {
		Type  string `json:"type"`
		Addr  string `json:"addr"`
		Nonce uint32 `json:"nonce"`
	} `json:"addrvec"`
}

// Legacy returns the first address for protocol v1, the zero value without one.
func (v AddrVec) Legacy() wire.EntityAddr {
	for _, a := range v.Addrs {
		if addr, err := wire.ParseEntityAddr(a.Type + ":" + a.Addr); a.Type == "v1" && err == nil && !addr.IsBlankIP() && addr.Port != 0 {
			addr.Nonce = a.Nonce
			return addr
		}
	}
	return wire.EntityAddr{}
}
