package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAllIsHeardInOrderWhileSocketsBreak(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"alice", "bob", "carol"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, pair := range []string{"alice bob", "alice carol", "bob alice", "bob carol",
		"carol alice", "carol bob"} {
		hearer, speaker, _ := strings.Cut(pair, " ")
		want := fmt.Sprintf("%s heard %d lines of %s, in order\n", hearer, lines, speaker)
		if !strings.Contains(out.String(), want) {
			t.Errorf("missing: %s", want)
		}
	}
	if strings.Contains(out.String(), "broke 0 times") {
		t.Error("no socket broke: nothing was shown")
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestNobodyTalksAlone(t *testing.T) {
	if err := run(t.Context(), []string{"alice"}, io.Discard); err == nil {
		t.Error("alice talked to nobody")
	}
}
