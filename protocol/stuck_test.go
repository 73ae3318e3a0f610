package protocol_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

func TestStumbleOver(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("message 5: %w", err) }
	for _, test := range []struct {
		name          string
		err           error
		next, unacked uint64
		want          protocol.Stumble
	}{
		{"nothing under way", io.EOF, 5, 0, protocol.Stumble{}},
		{"the peer owes an ack", io.EOF, 5, 7, protocol.Stumble{Seq: 7}},
		{"the network broke", io.ErrUnexpectedEOF, 1, 1, protocol.Stumble{Seq: 1}},
		{"too large", wrapped(protocol.ErrMessageTooLarge), 5, 7,
			protocol.Stumble{Incoming: true, Seq: 5, Cause: protocol.ErrMessageTooLarge}},
		{"checksum", wrapped(wire.ErrCRC), 5, 0, protocol.Stumble{Incoming: true, Seq: 5,
			Cause: wire.ErrCRC}},
		{"signature", wrapped(auth.ErrBadSignature), 5, 7,
			protocol.Stumble{Incoming: true, Seq: 5, Cause: auth.ErrBadSignature}},
		{"does not decode", wrapped(wire.ErrInvalid), 5, 7,
			protocol.Stumble{Incoming: true, Seq: 5, Cause: wire.ErrInvalid}},
		{"unknown tag", wrapped(protocol.ErrProtocol), 5, 7,
			protocol.Stumble{Incoming: true, Seq: 5, Cause: protocol.ErrProtocol}},
		{"silence", io.ErrUnexpectedEOF, 5, 7, protocol.Stumble{Seq: 7}},
	} {
		if got := protocol.StumbleOver(test.err, test.next, test.unacked); got != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// How often in a row: the same message, in the same way.
func TestStumblesInARow(t *testing.T) {
	sent := func(seq uint64) protocol.Stumble { return protocol.Stumble{Seq: seq} }
	refused := func(seq uint64, cause error) protocol.Stumble {
		return protocol.Stumble{Incoming: true, Seq: seq, Cause: cause}
	}
	for name, test := range map[string]struct {
		stumbles []protocol.Stumble
		want     []int
		givesUp  bool
	}{
		"the same": {[]protocol.Stumble{sent(4), sent(4), sent(4), sent(4)},
			[]int{1, 2, 3, 4}, false},
		"an ack in between": {[]protocol.Stumble{sent(4), sent(4), sent(5), sent(5)},
			[]int{1, 2, 1, 2}, false},
		"none in between": {[]protocol.Stumble{sent(4), sent(4), {}, sent(4)},
			[]int{1, 2, 0, 1}, false},
		"none": {[]protocol.Stumble{{}, {}, {}}, []int{0, 0, 0}, false},
		"other causes": {[]protocol.Stumble{refused(4, wire.ErrCRC),
			refused(4, protocol.ErrProtocol), refused(4, wire.ErrCRC)}, []int{1, 1, 1}, false},
		"other direction": {[]protocol.Stumble{sent(4), refused(4, wire.ErrCRC),
			sent(4)}, []int{1, 1, 1}, false},
		"checksums are never given up": {[]protocol.Stumble{refused(4, wire.ErrCRC),
			refused(4, wire.ErrCRC), refused(4, wire.ErrCRC)}, []int{1, 2, 3}, false},
		"too large": {[]protocol.Stumble{refused(4, protocol.ErrMessageTooLarge),
			refused(4, protocol.ErrMessageTooLarge), refused(4, protocol.ErrMessageTooLarge)},
			[]int{1, 2, 3}, true},
	} {
		var got []int
		var before protocol.Stumble
		times := 0
		for i, s := range test.stumbles {
			times = s.Again(before, times)
			got, before = append(got, times), s
			if last := i == len(test.stumbles)-1; s.GivesUp(times) != (last && test.givesUp) {
				t.Errorf("%s: gives up %v after %d", name, s.GivesUp(times), times)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAfterGivingUp(t *testing.T) {
	want := map[string]protocol.State{
		"stateful server": protocol.Standby, "stateless server": protocol.Standby,
		"lossless peer": protocol.Wait, "lossless peer reuse": protocol.Wait,
		"lossy client": protocol.Connecting, "lossless client": protocol.Connecting,
	}
	got := map[string]protocol.State{}
	for name, policy := range policies {
		got[name] = protocol.AfterGivingUp(policy)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStuckErrorSaysWhatToLookAt(t *testing.T) {
	cause := errors.New("read header: EOF")
	e := &protocol.StuckError{Stumble: protocol.Stumble{Seq: 7}, Times: 3, Type: 100,
		Bytes: 2 << 20, Err: cause}
	if !errors.Is(e, protocol.ErrStuck) || !errors.Is(e, cause) {
		t.Errorf("%v is no %v", e, protocol.ErrStuck)
	}
	const want = "stuck: message 7 (type 100, 2097152 bytes) was sent 3 times and never acked: " +
		"the peer may refuse it, see its log and its limits: read header: EOF"
	if e.Error() != want {
		t.Errorf("%v", e)
	}
	e = &protocol.StuckError{Stumble: protocol.Stumble{Incoming: true, Seq: 7, Cause: wire.ErrCRC},
		Times: 3, Err: wire.ErrCRC}
	if e.Error() != "stuck: message 7 was refused 3 times: the peer may run with ms_crc_header or "+
		"ms_crc_data off, or change messages that it has sent: crc mismatch" {
		t.Errorf("%v", e)
	}
}
