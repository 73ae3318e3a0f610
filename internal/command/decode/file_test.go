package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
)

var update = flag.Bool("update", false, "write the golden files and vectors anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestGoldenFiles(t *testing.T) {
	for _, test := range []struct {
		golden, capture string
		options         Options
	}{
		{"cephx-connection.txt", "14.2.21-simple-cephx-client.pcap", Options{Connection: 4}},
		{"cephx-connection.jsonl", "14.2.21-simple-cephx-client.pcap",
			Options{Connection: 4, JSON: true}},
		{"retries-hex.txt", "16.2.15-async-probe-peer-role.pcap",
			Options{Connection: 3, HexDump: true, Brief: true}},
		{"retries-hex.jsonl", "16.2.15-async-probe-peer-role.pcap",
			Options{Connection: 3, HexDump: true, JSON: true}},
		{"open-session.txt", "14.2.21-simple-probe-open-session.pcap", Options{Brief: true}},
		{"open-session-color.txt", "14.2.21-simple-probe-open-session.pcap",
			Options{Brief: true, Color: true, Connection: 9}},
		{"refused.txt", "14.2.21-simple-probe-peer-role-refused.pcap", Options{Brief: true}},
		{"client.txt", "mixed-16.2.15-client-on-14.2.21-simple-none.pcap", Options{Brief: true}},
	} {
		t.Run(test.golden, func(t *testing.T) {
			var out bytes.Buffer
			if _, err := File(context.Background(), &out, filepath.Join(captureDir, test.capture),
				test.options); err != nil {
				t.Fatal(err)
			}
			golden(t, test.golden, out.String())
		})
	}
}

// Text and JSON of every capture: the counts agree with each other and with the summary that is
// returned.
func TestFormatsAgree(t *testing.T) {
	for _, r := range recordings(t) {
		path := filepath.Join(captureDir, r.File)
		var text, lines bytes.Buffer
		fromText, err := File(context.Background(), &text, path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		fromJSON, err := File(context.Background(), &lines, path, Options{JSON: true})
		if err != nil {
			t.Fatal(err)
		}
		if fromText != fromJSON || fromText.Connections+fromText.Other != r.ConnectionsTotal ||
			fromText.Frames == 0 {
			t.Errorf("%s: %+v, %+v", r.File, fromText, fromJSON)
		}
		if !strings.HasSuffix(text.String(), fromText.String()+"\n") {
			t.Errorf("%s: the text does not end with %q", r.File, fromText)
		}
		counts := map[string]int{}
		malformed := 0
		for line := range bytes.Lines(lines.Bytes()) {
			var object struct {
				Type      string
				Name      string
				Malformed any
				Frames    int
			}
			if err := json.Unmarshal(line, &object); err != nil {
				t.Fatalf("%s: %v: %s", r.File, err, line)
			}
			counts[object.Type]++
			if object.Type == "frame" && object.Malformed != nil {
				malformed++
			}
			if object.Type == "frame" && object.Name == "" || object.Type == "summary" &&
				object.Frames != fromJSON.Frames {
				t.Errorf("%s: %s", r.File, line)
			}
		}
		want := map[string]int{"connection": r.ConnectionsTotal, "frame": fromJSON.Frames,
			"summary": 1}
		if diff := cmp.Diff(want, counts); diff != "" || malformed != fromJSON.Malformed {
			t.Errorf("%s: %d malformed, want %d; lines (-want +got):\n%s", r.File, malformed,
				fromJSON.Malformed, diff)
		}
	}
}

func TestSummaryText(t *testing.T) {
	for want, s := range map[string]Summary{
		"decode: connections 1, frames 2, malformed " +
			"3": {Connections: 1, Frames: 2,
			Malformed: 3},
		"decode: connections 1, frames 2, malformed 3, incomplete 4, other connections 5, file " +
			"cut off": {1, 2, 3, 4, 5, true},
	} {
		if s.String() != want {
			t.Errorf("got %q, want %q", s, want)
		}
	}
}

func TestCutOffFile(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(captureDir, "14.2.21-simple-none-client.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	summary, err := Reader(context.Background(), io.Discard, bytes.NewReader(whole[:len(whole)/2]),
		Options{})
	if err != nil || !summary.CutOff || summary.Connections == 0 || summary.Malformed != 0 {
		t.Errorf("%+v, %v", summary, err)
	}
	damaged := bytes.Clone(whole)
	copy(damaged[len(whole)/2:], bytes.Repeat([]byte{0xff}, 200_000))
	var out bytes.Buffer
	if summary, err = Reader(context.Background(), &out, bytes.NewReader(damaged),
		Options{Brief: true}); err == nil || summary.Connections == 0 || out.Len() == 0 {
		t.Errorf("damaged: %+v, %v: what could be read is lost", summary, err)
	}
}

func TestFileErrors(t *testing.T) {
	path := filepath.Join(captureDir, "14.2.21-simple-none-client.pcap")
	if _, err := File(context.Background(), io.Discard, path,
		Options{Connection: 99}); err == nil || !strings.Contains(err.Error(), "no connection 99") {
		t.Errorf("a connection that is not there: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := File(ctx, io.Discard, path, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	full := errors.New("disk full")
	for _, options := range []Options{{}, {JSON: true}, {Brief: true}} {
		if _, err := File(context.Background(), failing{full}, path,
			options); !errors.Is(err, full) {
			t.Errorf("%+v: %v, want the writer's error", options, err)
		}
	}
	if _, err := Reader(context.Background(), io.Discard, failing{full},
		Options{}); !errors.Is(err, full) {
		t.Errorf("%v, want the reader's error", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Read([]byte) (int, error)  { return 0, f.err }
