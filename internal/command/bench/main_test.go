package bench

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// orderVariable makes the test binary a process that bench has started.
const orderVariable = "SIMPLEMSGR_BENCH_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(orderVariable) != "" {
		self, err := testProgram()
		if err == nil {
			err = RunChild(context.Background(), self, os.Args[len(os.Args)-1], os.Stdin, os.Stdout)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// testProgram is the test binary as its own child.
func testProgram() (Program, error) {
	p, err := Self()
	// With -race each process would wait for a second before it ends.
	p.Env = []string{orderVariable + "=1", "GORACE=atexit_sleep_ms=0"}
	return p, err
}

func self(t *testing.T) Program {
	t.Helper()
	p, err := testProgram()
	if err != nil {
		t.Fatal(err)
	}
	return p
}
