package realpeer

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// The statuses by which scripts/real-peer says that such daemons cannot be had on this
// machine, and that nobody can have them any more.
const (
	exitUnavailable = 3
	exitGone        = 4
)

// unavailableError tells "not here" from "broken".
type unavailableError struct {
	reason string
	gone   bool // from everywhere: Debian has gone on to another release
}

func (e *unavailableError) Error() string { return e.reason }

// script runs scripts/real-peer and returns what it prints on standard output.
// The error has what it prints on standard error.
func script(ctx context.Context, arguments ...string) ([]byte, error) {
	path, err := scriptPath()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, arguments...)
	// The script cleans up when it is asked to end, not when it is killed. What it
	// runs is asked too: a shell waits for that before it heeds a signal.
	interruptWhole(cmd)
	cmd.WaitDelay = 30 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	said := strings.TrimSpace(stderr.String())
	var exit *exec.ExitError
	if errors.As(err, &exit) && arguments[0] != "exec" {
		if code := exit.ExitCode(); code == exitUnavailable || code == exitGone {
			return nil, &unavailableError{reason: strings.TrimPrefix(said, "real-peer: "),
				gone: code == exitGone}
		}
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return stdout.Bytes(), errors.Wrapf(err, "real-peer %s: %s", strings.Join(arguments, " "), said)
}

// scriptPath looks upwards from the working folder, which go test sets to that
// of the package.
func scriptPath() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", errors.Wrap(err, "find scripts/real-peer")
	}
	for folder := start; ; folder = filepath.Dir(folder) {
		path := filepath.Join(folder, "scripts", "real-peer")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if folder == filepath.Dir(folder) {
			return "", errors.Errorf("no scripts/real-peer in %s nor above it", start)
		}
	}
}
