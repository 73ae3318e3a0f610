package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/decode"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: secondopinion DIR CAPTURE...\n"+
			"DIR has what tshark says of each CAPTURE, as CAPTURE.json")
		os.Exit(2)
	}
	var all tally
	for _, capture := range os.Args[2:] {
		t, err := opinion(os.Stdout, capture,
			filepath.Join(os.Args[1], filepath.Base(capture)+".json"))
		if err != nil {
			fmt.Fprintf(os.Stderr, "secondopinion: %s: %v\n", capture, err)
			os.Exit(1)
		}
		all.add(t)
	}
	all.print(os.Stdout, "all")
	if all.differing > 0 || all.agreed == 0 {
		os.Exit(1)
	}
}

// opinion compares one capture and prints a line that counts, behind one for each difference.
func opinion(w io.Writer, capture, dissected string) (t tally, err error) {
	var decoded bytes.Buffer
	if _, err := decode.File(context.Background(), &decoded, capture,
		decode.Options{JSON: true}); err != nil {
		return t, err
	}
	conversations, err := readDecoded(&decoded)
	if err != nil {
		return t, err
	}
	f, err := os.Open(dissected)
	if err != nil {
		return t, errors.WithStack(err)
	}
	defer f.Close()
	theirs, err := readDissected(f)
	if err != nil {
		return t, errors.WithMessage(err, dissected)
	}
	for _, c := range conversations {
		t.add(c.compare(w, theirs))
	}
	for packet, all := range theirs {
		for _, s := range all {
			if !s.taken && s.name != nothing {
				t.differ(w, "packet %d: tshark alone sees a connection: %s", packet, s.name)
			}
		}
	}
	t.print(w, strings.TrimSuffix(filepath.Base(capture), ".pcap"))
	return t, nil
}

// tally counts frames.
type tally struct {
	agreed, differing int
	fields            int            // that were compared in frames that agree
	excused           map[string]int // by flaw
}

func (t *tally) excuse(flaw string) {
	if t.excused == nil {
		t.excused = map[string]int{}
	}
	t.excused[flaw]++
}

func (t *tally) differ(w io.Writer, format string, args ...any) {
	t.differing++
	fmt.Fprintf(w, "  "+format+"\n", args...)
}

func (t *tally) add(other tally) {
	t.agreed += other.agreed
	t.fields += other.fields
	t.differing += other.differing
	for flaw, n := range other.excused {
		for range n {
			t.excuse(flaw)
		}
	}
}

func (t *tally) print(w io.Writer, name string) {
	excused, flaws := 0, ""
	for _, flaw := range slices.Sorted(maps.Keys(t.excused)) {
		excused += t.excused[flaw]
		flaws += fmt.Sprintf(", %s %d", flaw, t.excused[flaw])
	}
	if flaws != "" {
		flaws = " (" + flaws[2:] + ")"
	}
	fmt.Fprintf(w, "%s: compared %d, agreed %d, excused %d%s, differing %d; fields %d\n",
		name,
		t.agreed+excused+t.differing, t.agreed, excused, flaws, t.differing, t.fields)
}
