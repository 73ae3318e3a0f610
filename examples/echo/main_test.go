package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEchoesComeBackInOrder(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"one", "two", "three"}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "osd.0 says one\nosd.0 says two\nosd.0 says three\n"; out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"one"}, new(strings.Builder)); !errors.Is(err, context.Canceled) {
		t.Errorf("run with a context that is over: %v", err)
	}
}
