package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/command/decode"
)

const captureDir = "../../../testdata/captures/"

// TestCompareTshark compares all captures with what the tshark of this machine says.
func TestCompareTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("TSHARK SKIPPED: no command tshark (scripts/compare-tshark --install gets it)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "../../../scripts/compare-tshark").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	captures, err := filepath.Glob(captureDir + "*.pcap")
	if err != nil || len(lines) != len(captures)+1 {
		t.Errorf("%d lines for %d captures, %v\n%s", len(lines), len(captures), err, out)
	}
	last := lines[len(lines)-1]
	if !regexp.MustCompile(`^all: compared \d{4}, agreed \d{4}, .*, differing 0; `).
		MatchString(last) {
		t.Error(last)
	}
	t.Logf("SUMMARY: tshark's opinion of the captures: %s", last)
}

// stored compares one connection of a capture with what tshark 4.0 said of it, which is kept here,
// after a change to that.
func stored(t *testing.T, capture string, connection int,
	change func(theirs map[int][]*structure)) (tally, string) {
	t.Helper()
	var decoded bytes.Buffer
	if _, err := decode.File(t.Context(), &decoded, captureDir+capture+".pcap",
		decode.Options{JSON: true, Connection: connection}); err != nil {
		t.Fatal(err)
	}
	ours, err := readDecoded(&decoded)
	if err != nil || len(ours) != 1 {
		t.Fatal(len(ours), err)
	}
	f, err := os.Open("testdata/" + capture + ".json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	theirs, err := readDissected(f)
	if err != nil {
		t.Fatal(err)
	}
	change(theirs)
	var out strings.Builder
	return ours[0].compare(&out, theirs), out.String()
}

const plain, challenged = "14.2.21-simple-none-client", "14.2.21-simple-cephx-client"

func TestStoredOpinions(t *testing.T) {
	none := func(map[int][]*structure) {}
	got, out := stored(t, plain, 1, none)
	if got.agreed != 17 || got.differing != 0 || len(got.excused) != 0 || got.fields < 140 {
		t.Errorf("%+v\n%s", got, out)
	}
	got, out = stored(t, challenged, 4, none)
	if got.differing != 0 || got.agreed < 3 || got.excused[flawChallenge] == 0 ||
		got.excused[flawSecondConnect] == 0 || len(got.excused) != 2 {
		t.Errorf("%+v\n%s", got, out)
	}
}

// find returns the first structure of that name.
func find(theirs map[int][]*structure, name string) *structure {
	for packet := range 1000 {
		for _, s := range theirs[packet] {
			if s.name == name {
				return s
			}
		}
	}
	panic("no " + name)
}

// Whatever differs is told, and nothing excuses it that does not explain it.
func TestDifferencesAreSeen(t *testing.T) {
	for _, tc := range []struct{ structure, field, value, want string }{
		{"MSG", "seq", "2", "seq is 1, tshark says 2"},
		{"CONNECT", "connect_seq", "9", "connect_seq is 0"},
		{"READY", "features", "0", "features is 0x3ffddff8ffecffff"},
		{"KEEPALIVE2", "nsec", "7", "nsec is "},
		{"BANNER", "addr.port", "7", "addr.port is 16789"},
		{"MSG", "", "KEEPALIVE", "tshark alone sees KEEPALIVE"},
		{"MSG", "", "KEEPALIVE", "MSG at 187 of the client: not seen"},
		{"READY", "", nothing, "READY at 281 of the server: not seen"},
		{"ACK", "", "", "tshark shows only 0 fields"},
	} {
		got, out := stored(t, plain, 1, func(theirs map[int][]*structure) {
			s := find(theirs, tc.structure)
			switch {
			case tc.field != "":
				s.fields[tc.field] = tc.value
			case tc.value != "":
				s.name = tc.value
			default:
				s.fields = nil
			}
		})
		if got.differing == 0 || !strings.Contains(out, tc.want) || len(got.excused) != 0 {
			t.Errorf("want %q: %+v\n%s", tc.want, got, out)
		}
	}
	// Before the flaw has its way the same connection is judged as any other.
	got, out := stored(t, challenged, 4, func(m map[int][]*structure) {
		find(m, "CONNECT").fields["authorizer_len"] = "1"
	})
	if got.differing != 1 || !strings.Contains(out, "authorizer_len is ") {
		t.Errorf("%+v\n%s", got, out)
	}
}

// The flaws are where who reads the output looks for them.
func TestFlawsAreDescribed(t *testing.T) {
	page, err := os.ReadFile(captureDir + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, flaw := range []string{flawChallenge, flawSecondConnect, flawPayload, flawLoneSeq,
		flawLost, flawFault} {
		if !bytes.Contains(page, []byte("| `"+flaw+"` |")) {
			t.Errorf("testdata/captures/README.md does not describe %s", flaw)
		}
	}
}
