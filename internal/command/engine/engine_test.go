package engine

import (
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/async"
)

func TestSet(t *testing.T) {
	tests := []struct {
		text    string
		want    *async.Options // nil for simple
		problem string
	}{
		{text: "simple"},
		{text: "async", want: &async.Options{}},
		{text: "async,workers=1,pin", want: &async.Options{Workers: 1, Pin: true}},
		{text: "async,busy=50us", want: &async.Options{BusyPoll: 50 * time.Microsecond}},
		{text: "async,portable", want: &async.Options{Portable: true}},
		{text: "async,shared", want: &async.Options{}},
		{text: "", problem: `no engine ""`},
		{text: "asynch", problem: `no engine "asynch" (there are: simple, async)`},
		{text: "simple,pin", problem: "has no options"},
		{text: "async,workers", problem: "workers=N: a number from 1 to 64"},
		{text: "async,workers=0", problem: "a number from 1 to 64"},
		{text: "async,workers=65", problem: "a number from 1 to 64"},
		{text: "async,pin=1", problem: `no option "pin=1"`},
		{text: "async,busy=-1s", problem: "a time such as"},
		{text: "async,", problem: `no option ""`},
	}
	for _, tt := range tests {
		var e Engine
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		flags.Var(&e, "engine", Usage)
		err := flags.Parse([]string{"-engine", tt.text})
		switch {
		case tt.problem != "":
			if err == nil || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("%q: error %v, want %q", tt.text, err, tt.problem)
			}
		case err != nil || e.String() != tt.text:
			t.Errorf("%q: became %q, %v", tt.text, e, err)
		default:
			if diff := cmp.Diff(tt.want, e.async); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.text, diff)
			}
		}
	}
}

// Sharing makes workers shared, keeps those that are, and gives the blocking engine none.
func TestSharing(t *testing.T) {
	for text, want := range map[string]bool{"simple": false, "async": true, "async,shared": true} {
		var e Engine
		if err := e.Set(text); err != nil {
			t.Fatal(err)
		}
		if got := e.Sharing(); (got.shared != nil) != want || got.String() != text {
			t.Errorf("%s: shared %v, %v", text, got.shared != nil, got)
		}
	}
}
