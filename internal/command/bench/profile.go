package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"

	"github.com/pkg/errors"
)

// How often events are noted while profiles are taken: each mutex contention in so many, and one
// blocking event for so many nanoseconds of blocking.
const (
	mutexFraction = 5
	blockRate     = 10_000
)

// StartProfiles takes profiles of this process until stop, which writes them into directory:
// END-cpu.pprof, END-heap.pprof (all that was allocated), END-mutex.pprof and END-block.pprof.
func StartProfiles(directory, end string) (stop func() error, err error) {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, errors.WithStack(err)
	}
	cpu, err := os.Create(filepath.Join(directory, end+"-cpu.pprof"))
	if err != nil {
		return nil, errors.WithStack(err)
	}
	runtime.SetMutexProfileFraction(mutexFraction)
	runtime.SetBlockProfileRate(blockRate)
	if err := pprof.StartCPUProfile(cpu); err != nil {
		_ = cpu.Close()
		return nil, errors.WithStack(err)
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := cpu.Close(); err != nil {
			return errors.WithStack(err)
		}
		for profile, name := range map[string]string{"allocs": "heap", "mutex": "mutex",
			"block": "block"} {
			f, err := os.Create(filepath.Join(directory, end+"-"+name+".pprof"))
			if err == nil {
				err = pprof.Lookup(profile).WriteTo(f, 0)
			}
			if err == nil {
				err = f.Close()
			}
			if err != nil {
				return errors.Wrapf(err, "profile %s", name)
			}
		}
		return nil
	}, nil
}
