package decode

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What 18.2 says can be read to the last byte: its monitor and osd with clients that log in, write
// and read an object.
func TestCaptureOf18(t *testing.T) {
	b, err := os.ReadFile("../../../testdata/captures/18.2.7-async-cephx-client.pcap")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Connections: 12, Frames: 186}, summaryOf(t, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
