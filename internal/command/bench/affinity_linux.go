package bench

import (
	"os"
	"runtime"

	"github.com/pkg/errors"
	"golang.org/x/sys/unix"
)

// Pin makes this process run on one processor alone, and with it all processes that it will start.
// If it did not already, that means to start the program again, since the runtime has sized itself
// for what it had: Pin returns only if there is nothing to do, or on an error. Call it first.
func Pin(cpu int) error {
	var want, have unix.CPUSet
	want.Set(cpu)
	if err := unix.SchedGetaffinity(0, &have); err != nil {
		return errors.Wrap(err, "sched_getaffinity")
	}
	if have == want {
		return nil
	}
	// The new program inherits the affinity of the thread that starts it.
	runtime.LockOSThread()
	if err := unix.SchedSetaffinity(0, &want); err != nil {
		return errors.Wrapf(err, "sched_setaffinity: processor %d", cpu)
	}
	self, err := os.Executable()
	if err != nil {
		return errors.WithStack(err)
	}
	return errors.Wrap(unix.Exec(self, os.Args, os.Environ()), "exec")
}
