package main

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClientsAskAndTheStrangerIsRefused(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"alice", "bob"}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "hello alice\nhello bob\nrefused: stranger\n"; out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

// A client does not talk to a server with a certificate of somebody else's.
func TestClientRefusesTheServer(t *testing.T) {
	ours, err := newAuthority("ours")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := newAuthority("theirs")
	if err != nil {
		t.Fatal(err)
	}
	server, err := listen(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	_, err = ask(t.Context(), server, ours, theirs, "alice")
	if want := new(tls.CertificateVerificationError); !errors.As(err, &want) {
		t.Errorf("ask: %v, want a certificate that cannot be verified", err)
	}
}
