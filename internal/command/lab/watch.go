package lab

import (
	"context"
	"time"

	"simplemessenger/labs/grade"
)

// Interval is how often Watch looks. It asks for the contents again and again, instead of having
// the system tell it of changes: a lab is a dozen small files, and so it works alike on each
// system, on network drives, in containers whose folders are another's, and with editors that put a
// new file in the place of the old one.
const Interval = 500 * time.Millisecond

// Watch calls changed now and after each change of what is graded in a folder, until the context
// ends or changed fails. What changes while changed runs counts as changed.
func Watch(ctx context.Context, dir string, changed func() error) error {
	tick := time.NewTicker(Interval)
	defer tick.Stop()
	last := ""
	for first := true; ; first = false {
		now, err := grade.Fingerprint(dir)
		if err != nil {
			if first {
				return err
			}
			now = last // an editor may be at it
		}
		if first || now != last {
			last = now
			if err := changed(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
