//go:build unix

package bench

import (
	"github.com/pkg/errors"
	"golang.org/x/sys/unix"
)

// NeedFiles raises the limit of open files to what the system lets this process have, and returns
// an error if n are more than that. Processes that are started afterwards inherit the limit.
func NeedFiles(n int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return errors.Wrap(err, "getrlimit")
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return errors.Wrap(err, "setrlimit")
	}
	if uint64(limit.Max) < uint64(n) {
		return errors.Errorf("this needs %d open files, and the system allows %d (ulimit -Hn)", n,
			limit.Max)
	}
	return nil
}
