package conformance

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// Where all nonces are 0 the kit's port is below, or above, that of every program.
func TestAddressesByPort(t *testing.T) {
	free, err := programPorts.free()
	if err != nil {
		t.Fatal(err)
	}
	program := netip.MustParseAddrPort(free)
	monitor := habits{own: wire.EntityAddr{IP: program.Addr(), Port: program.Port()}}
	for address, want := range map[string]int{script.AddressLower: -1, script.AddressHigher: 1} {
		if missing := monitor.unordered(address); missing != "" || !monitor.byPort(address) {
			t.Fatalf("%s: %q", address, missing)
		}
		l, err := new(Target).listen(t.Context(), address, true)
		if err != nil {
			t.Fatal(err)
		}
		l.end()
		if got := int(l.addr.Port) - int(program.Port()); got*want <= 0 || l.addr.Nonce != 0 {
			t.Errorf("%s: the kit is %v, the program at %v", address, l.addr, program)
		}
	}
}

// Who listens at IPv4 comes with that address, wherever it calls.
func TestNoIPv6ForWhoListensElsewhere(t *testing.T) {
	server := habits{own: wire.EntityAddr{IP: netip.MustParseAddr("127.0.0.1"), Port: 6789}}
	client := habits{own: wire.EntityAddr{IP: netip.MustParseAddr("127.0.0.1")}}
	if server.unordered(script.AddressIPv6) == "" || client.unordered(script.AddressIPv6) != "" {
		t.Errorf("server: %q, client: %q", server.unordered(script.AddressIPv6),
			client.unordered(script.AddressIPv6))
	}
}

// Nobody waits long for a messenger that has crashed, and for one that has ended in order as long
// as for any other: it may have gone on in the background.
func TestNoWaitForTheCrashed(t *testing.T) {
	inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := listen(inner, 0)
	defer l.end()
	ended := make(chan struct{})
	close(ended)
	crashed := &Instance{Ended: ended, Crashed: func() string { return "aborted" }}
	_, err = l.accept(t.Context(), time.Hour, crashed)
	if err == nil || !strings.Contains(err.Error(), crashGrace.String()) {
		t.Errorf("crashed: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*crashGrace)
	defer cancel()
	inOrder := &Instance{Ended: ended, Crashed: func() string { return "" }}
	if _, err := l.accept(ctx, time.Hour, inOrder); err != context.DeadlineExceeded {
		t.Errorf("ended in order: %v", err)
	}
}
