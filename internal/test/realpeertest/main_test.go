package realpeertest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/internal/test/realpeer"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := realpeer.StopShared(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.Exit(code)
	}))
}

// onEach runs a test with a monitor of each release.
func onEach(t *testing.T, auth string, test func(t *testing.T, c *realpeer.Cluster)) {
	t.Parallel()
	realpeer.OnEach(t, func(t *testing.T, release string) {
		t.Parallel()
		test(t, realpeer.Shared(t, realpeer.Options{Release: release, Auth: auth}))
	})
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
