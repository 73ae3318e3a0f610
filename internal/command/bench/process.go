package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Process is a server that runs in a process of its own.
type Process struct {
	Addr    wire.EntityAddr
	command *exec.Cmd
	stdin   io.Closer
	control control
}

// Program says how to start this program again so that it calls RunChild.
type Program struct {
	Path     string
	Args     []string // before the one that RunChild gets
	Env      []string // beside the environment of this process
	Profiles string   // where servers write profiles; empty for none
}

// Self returns this program with the given arguments.
func Self(args ...string) (Program, error) {
	path, err := os.Executable()
	return Program{Path: path, Args: args}, errors.WithStack(err)
}

func (p Program) command(ctx context.Context, c child) (*exec.Cmd, error) {
	arg, err := json.Marshal(c)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	cmd := exec.CommandContext(ctx, p.Path, append(slices.Clone(p.Args), string(arg))...)
	cmd.Env = append(os.Environ(), p.Env...)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// startServer starts a server in a process of its own and waits until it listens. What it writes to
// standard error goes to ours.
func startServer(ctx context.Context, p Program, kind childKind, o Options) (*Process, error) {
	cmd, err := p.command(ctx, child{Kind: kind, Options: o, CPU: -1, Profiles: p.Profiles})
	if err != nil {
		return nil, err
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, errors.WithStack(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.WithStack(err)
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Wrap(err, "start the server's process")
	}
	s := &Process{command: cmd, stdin: stdin, control: control{bufio.NewReader(stdout), stdin}}
	if s.Addr, err = s.control.listening(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Usage asks the process what it has used so far.
func (s *Process) Usage() (Usage, error) { return s.control.ask(askUsage) }

// settled is Usage after the process has given unused memory back.
func (s *Process) settled() (Usage, error) { return s.control.ask(askSettled) }

// Close ends the process and waits for it.
func (s *Process) Close() {
	_ = s.stdin.Close()
	_ = s.command.Wait()
}
