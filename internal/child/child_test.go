package child

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// This program is its own child: its argument says what it does.
const roleEnv = "CHILD_TEST_ROLE"

// soon keeps a race detector from having its program wait for a second at its end.
const soon = "GORACE=atexit_sleep_ms=0"

// roles are what a child does. One that returns has ended in order.
var roles = map[string]func(){
	"tells": func() {
		dir, _ := os.Getwd()
		fmt.Printf("%s\n%d\n", dir, len(os.Environ()))
		fmt.Fprintln(os.Stderr, strings.Join(os.Args[1:], " "))
	},
	"fails":  func() { panic("on purpose") },
	"waits":  func() { time.Sleep(time.Hour) },
	"prints": func() { fmt.Print(strings.Repeat("a", 1000) + strings.Repeat("b", 1000)) },
	"prints without end": func() {
		for {
			fmt.Println("here")
		}
	},
	"takes memory": func() {
		b := make([]byte, 128<<20)
		for i := range b {
			b[i] = 1 // or the system would not count it
		}
		fmt.Println("has it")
		time.Sleep(time.Hour)
	},
}

func TestMain(m *testing.M) {
	if role := roles[os.Getenv(roleEnv)]; role != nil {
		role()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// config is that of this program in a role.
func config(role string, args ...string) Config {
	return Config{Args: append([]string{os.Args[0]}, args...), First: 100, Last: 2000,
		Env: []string{roleEnv + "=" + role, soon}}
}

func start(t *testing.T, config Config) *Child {
	t.Helper()
	c, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	return c
}

// A program has its own folder and environment, and what it prints is there when it has ended.
func TestSurroundings(t *testing.T) {
	t.Setenv("SECRET", "secret")
	config := config("tells", "one", "two")
	config.Dir, _ = filepath.EvalSymlinks(t.TempDir())
	c := start(t, config)
	<-c.Ended()
	want := config.Dir + "\n2\none two\n"
	if c.Output() != want || c.Status() != (Status{0, "exit status 0"}) || c.Exceeded() != nil {
		t.Errorf("%q, want %q; %+v", c.Output(), want, c.Status())
	}
	if c.Stop() {
		t.Error("it ran when it had ended")
	}
}

// Without an environment there is none, and not this one's.
func TestNoEnvironment(t *testing.T) {
	t.Setenv(roleEnv, "tells")
	if c, err := Start(t.Context(), Config{Args: []string{os.Args[0], "-test.list=^$"},
		Last: 1000}); err != nil {
		t.Error(err)
	} else {
		<-c.Ended()
		if c.Stop(); c.Output() != "" {
			t.Errorf("%q", c.Output())
		}
	}
}

func TestStatus(t *testing.T) {
	c := start(t, config("fails"))
	<-c.Ended()
	if c.Status() != (Status{2, "exit status 2"}) || !strings.Contains(c.Output(), "on purpose") {
		t.Errorf("%+v %q", c.Status(), c.Output())
	}
}

func TestCannotStart(t *testing.T) {
	for _, args := range [][]string{nil, {filepath.Join(t.TempDir(), "none")}} {
		if c, err := Start(t.Context(), Config{Args: args}); err == nil {
			c.Stop()
			t.Errorf("%q was started", args)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := Start(ctx, config("waits")); err == nil {
		c.Stop()
		t.Error("started for nobody")
	}
}

// The end of a context ends the program; so does Stop, whoever else calls it.
func TestContextAndStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := Start(ctx, config("waits"))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-c.Ended()
	if c.Stop() || c.Status().Code == 0 {
		t.Errorf("%+v", c.Status())
	}
	c = start(t, config("waits"))
	ran := make(chan bool, 8)
	var stops sync.WaitGroup
	for range cap(ran) {
		stops.Go(func() { ran <- c.Stop() })
	}
	stops.Wait()
	close(ran)
	first := 0
	for r := range ran {
		if r {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d of 8 have stopped it", first)
	}
}

// The beginning and the end of the output are kept, and no more than that.
func TestOutputIsBounded(t *testing.T) {
	config := config("prints")
	config.First, config.Last, config.MaxOutput = 10, 20, 2000
	c := start(t, config)
	<-c.Ended()
	want := strings.Repeat("a", 10) + strings.Repeat("b", 20)
	if c.Output() != want || c.Exceeded() != nil {
		t.Errorf("%q, want %q; %v", c.Output(), want, c.Exceeded())
	}
	config.MaxOutput--
	c = start(t, config)
	<-c.Ended()
	if e := c.Exceeded(); e == nil || e.Of != "output" || c.Output() != want {
		t.Errorf("a byte too much: %v", e)
	}
}

func TestOutputWithoutEnd(t *testing.T) {
	config := config("prints without end")
	config.MaxOutput = 64 << 10
	c := start(t, config)
	<-c.Ended()
	c.Stop()
	if e := c.Exceeded(); e == nil ||
		e.Error() != "it was stopped: it has printed more than 64 KiB" {
		t.Error(e)
	}
	if size := len(c.Output()); size != 2100 {
		t.Errorf("%d bytes are kept of what may have 2100", size)
	}
}

// However a text is cut into pieces, the same is kept of it.
func TestKept(t *testing.T) {
	var text bytes.Buffer
	for i := range 1000 {
		fmt.Fprintln(&text, i)
	}
	for _, most := range [][2]int{{0, 0}, {0, 7}, {7, 0}, {10, 20}, {5000, 5000}} {
		for _, piece := range []int{1, 3, 50, 10000} {
			k := kept{mostFirst: most[0], mostLast: most[1]}
			for b := text.Bytes(); len(b) > 0; b = b[min(piece, len(b)):] {
				k.add(b[:min(piece, len(b))])
			}
			first := text.String()[:min(most[0], text.Len())]
			last := text.String()[max(len(first), text.Len()-most[1]):]
			if k.String() != first+last || k.size != text.Len() || cap(k.last) > 4*most[1]+1024 {
				t.Errorf("most %v, pieces of %d: %q", most, piece, k.String())
			}
		}
	}
}
