package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
)

func textOf(r *conformance.Report, t *Text) string {
	var b strings.Builder
	t.W = &b
	for _, result := range r.Results {
		t.Result(result)
	}
	t.Summary(r)
	return b.String()
}

func TestText(t *testing.T) {
	r := played(t, cases, conformance.Options{})
	text := textOf(r, &Text{Run: about})
	golden(t, "text.txt", text)
	for _, want := range []string{
		"✓ dial", "✗ expect reply tag=RESETSESSION", // the steps up to the broken one
		"expected  reply: tag=RESETSESSION", "seen      reply: tag=READY",
		"  0 +1   tag                    READY                              01\n",
		"rule V1-ACCEPT-6 (must): A connect with connect_seq above 0 from a peer",
		"again:   simplemsgr conform server --run wrong/new\n",
		"capture: captures/wrong/new.pcap\n", "2 passed, 2 failed, 1 unsupported\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("there is colour")
	}
	color := textOf(r, &Text{Run: about, Color: true})
	if !strings.Contains(color, red+"✗"+plain) {
		t.Error("there is no colour")
	}
	for _, c := range []string{red, green, yellow, dim, plain} {
		color = strings.ReplaceAll(color, c, "")
	}
	if color != text {
		t.Error("with colour it is another text")
	}
}

func TestTextTellsMoreIfAsked(t *testing.T) {
	r := played(t, cases, conformance.Options{})
	golden(t, "verbose.txt", textOf(r, &Text{Run: about, Verbose: true}))
	r.Strict = true
	strict := textOf(r, &Text{Strict: true})
	if !strings.HasSuffix(strict, "\n1 passed, 3 failed, 1 unsupported\n") ||
		strings.Contains(strict, "again:") || strings.Contains(strict, "capture:") ||
		strings.Count(strict, "✗")+strings.Count(strict, "tag is READY, SEQ|~READY") != 3 {
		t.Errorf("strict:\n%s", strict)
	}
}

// A messenger under test does not move the cursor of whoever reads about it, and cannot fill his
// terminal.
func TestTextOfAHostileTarget(t *testing.T) {
	const evil = "\x1b]0;x\a\x1b[2J\r\u202egnp\xff"
	c := &script.Case{Name: "a/b", About: "About.", Rules: []string{"V1-MSG-1"}}
	flood := &conformance.Result{Case: c, Verdict: conformance.Fail, Step: -1,
		Rule: "V1-MSG-1", Reason: evil, Output: evil + "\n" + evil}
	for i := range 500 {
		flood.Chunks = append(flood.Chunks, conformance.Chunk{Socket: "1", Connection: i + 1,
			Dialed: true, Time: time.Unix(1, 0), Bytes: []byte("ceph v0" + evil)})
	}
	flood.Chunks = append(flood.Chunks, conformance.Chunk{Socket: "1", Connection: 501,
		Time: time.Unix(1, 0), End: errors.New(evil)})
	text := textOf(&conformance.Report{Results: []*conformance.Result{flood}}, &Text{})
	if i := strings.IndexFunc(text, func(r rune) bool {
		return r < ' ' && r != '\n' || r == '\u202e' || r == '�'
	}); i >= 0 {
		t.Errorf("%q", text[i:min(len(text), i+50)])
	}
	if !strings.Contains(text, `\x1b]0;x\a\x1b[2J\r\u202egnp\xff`) ||
		!strings.Contains(text, "… 401 frames are left out; a capture has them all\n") ||
		strings.Count(text, "\n") > 200 {
		t.Errorf("%d lines:\n%s", strings.Count(text, "\n"), text)
	}
}

func TestExpectedAndSeen(t *testing.T) {
	for _, test := range [][]string{
		{"reply: expected tag=A, got tag=B", "reply: tag=A", "reply: tag=B"},
		{"expected READY or SEQ, got reply tag=WAIT", "READY or SEQ", "reply tag=WAIT"},
		{"expected msg: nothing came in time", "msg", "nothing came in time"},
		{"expected a frame of 9 bytes, got 3 (01 02 03): the socket was closed",
			"a frame of 9 bytes", "3 (01 02 03): the socket was closed"},
		{"it does not greet any more", "", "it does not greet any more"},
		{"it is not expected at all", "", "it is not expected at all"},
		{"expected", "", "expected"},
		{"expected nothing", "", "expected nothing"},
	} {
		expected, seen := expectedAndSeen(test[0])
		if got := []string{test[0], expected, seen}; !slices.Equal(got, test) {
			t.Errorf("got %q, want %q", got, test)
		}
	}
}
