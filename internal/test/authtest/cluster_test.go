package authtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/errors"
	"go.uber.org/goleak"

	"simplemessenger/internal/command/cluster"
	"simplemessenger/internal/command/osdio"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/monclient"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := realpeer.StopShared(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		if command.path != "" {
			_ = os.RemoveAll(filepath.Dir(command.path))
		}
		os.Exit(code)
	}))
}

// pool is a pool of two copies on every shared cluster.
const pool = "data"

// onEach runs a test with a shared cluster of each release: a monitor, a manager and two osds with
// cephx.
func onEach(t *testing.T, test func(t *testing.T, c *realpeer.Cluster)) {
	t.Parallel()
	realpeer.OnEach(t, func(t *testing.T, release string) {
		t.Parallel()
		c := realpeer.Shared(t, realpeer.Options{Release: release, Auth: realpeer.AuthCephx,
			OSDs: 2, Mgr: true})
		makePool(t, c)
		test(t, c)
	})
}

var pools sync.Map // of *sync.Once by folder

func makePool(t *testing.T, c *realpeer.Cluster) {
	t.Helper()
	once, _ := pools.LoadOrStore(c.Dir, new(sync.Once))
	once.(*sync.Once).Do(func() {
		run(t, c, `{"prefix": "osd pool create", "pool": "`+pool+`", "pg_num": 4}`)
	})
}

// run carries a command to the monitors.
func run(t *testing.T, c *realpeer.Cluster, command string) []byte {
	t.Helper()
	output, _, err := dial(t, settings(t, c, "client.admin")).Command(deadline(t), []byte(command),
		nil)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return output
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// settings are those of the cluster's ceph.conf.
func settings(t *testing.T, c *realpeer.Cluster, name string) cluster.Settings {
	t.Helper()
	s, err := cluster.Options{Conf: c.Conf, Name: name, Timeout: time.Minute}.Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dial logs in, and out at the end of the test.
func dial(t *testing.T, s cluster.Settings) *monclient.Client {
	t.Helper()
	return dialConfig(t, s.Config(wire.EntityOSD|wire.EntityMgr))
}

func dialConfig(t *testing.T, config monclient.Config) *monclient.Client {
	t.Helper()
	c, err := monclient.Dial(deadline(t), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// objects returns a client of the osds with the tickets of monitors, and what its messenger does.
func objects(t *testing.T, monitors *monclient.Client,
	change func(*simplemsgr.Config)) (*osdio.Client, *trace.Recorder) {
	t.Helper()
	records := new(trace.Recorder)
	var config simplemsgr.Config
	config.Pipe.Tracer = records
	if change != nil {
		change(&config)
	}
	c, err := osdio.New(monitors, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c, records
}

func put(t *testing.T, c *osdio.Client, object, content string) {
	t.Helper()
	if _, err := c.Put(deadline(t), pool, object, strings.NewReader(content), -1); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, c *osdio.Client, object string) string {
	t.Helper()
	var got bytes.Buffer
	if _, err := c.Get(deadline(t), pool, object, &got); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

// roundTrip writes an object and reads it again.
func roundTrip(t *testing.T, c *osdio.Client) {
	t.Helper()
	object, content := t.Name(), "what "+t.Name()+" wrote"
	put(t, c, object, content)
	if got := get(t, c, object); got != content {
		t.Errorf("wrote %q, read %q", content, got)
	}
}

// command is the program under test, built once.
var command struct {
	sync.Once
	path string
	err  error
}

// simplemsgrCommand runs the program and returns what it prints. The error has what it prints on
// the standard error.
func simplemsgrCommand(t *testing.T, stdin []byte, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(deadline(t), buildCommand(t), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), errors.Errorf("%v: %s", err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

func buildCommand(t *testing.T) string {
	t.Helper()
	command.Do(func() {
		var dir string
		if dir, command.err = os.MkdirTemp("", "simplemsgr-"); command.err != nil {
			return
		}
		command.path = filepath.Join(dir, "simplemsgr")
		out, err := exec.Command("go", "build", "-o", command.path,
			"simplemessenger/cmd/simplemsgr").CombinedOutput()
		if err != nil {
			command.err = errors.Errorf("go build: %v\n%s", err, out)
		}
	})
	if command.err != nil {
		t.Fatal(command.err)
	}
	return command.path
}
