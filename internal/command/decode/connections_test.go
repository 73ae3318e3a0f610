package decode

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const captureDir = "../../../testdata/captures"

// recording is an entry of captures.json: what an independent reader found in a capture.
type recording struct {
	File             string
	Replies          map[string]int
	ConnectionsTotal int `json:"connections_total"`
	Connections      []struct {
		Number        int
		FirstPacket   int `json:"first_packet"`
		LastPacket    int `json:"last_packet"`
		Client        string
		ClientAddress string `json:"client_address"`
		HostType      string `json:"host_type"`
		Protocol      uint32 `json:"protocol_version"`
		Flags         uint8
		Tags          string
		More          bool
	}
}

func recordings(t testing.TB) []recording {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(captureDir, "captures.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []recording
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 30 {
		t.Fatalf("%d recordings, want 30", len(all))
	}
	return all
}

func readCapture(t testing.TB, file string) []*capture.Connection {
	t.Helper()
	f, err := os.Open(filepath.Join(captureDir, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	recorded, err := capture.Read(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return recorded
}

// tags lists the complete frames as captures.json does.
func tags(frames []*Frame, direction ...capture.Direction) []string {
	tags := []string{}
	for _, f := range frames {
		if f.Incomplete || len(direction) > 0 && f.Direction != direction[0] {
			continue
		}
		name := f.Name()
		if f.Kind == KindUnknown {
			if tag := wire.Tag(f.Bytes[0]); tag.Valid() {
				name = tag.String()
			} else {
				name = strconv.Itoa(int(tag))
			}
		}
		tags = append(tags, f.Direction.String()+name)
	}
	return tags
}

// Every capture decodes into the same conversation that an independent reader saw.
func TestCapturesAgreeWithManifest(t *testing.T) {
	for _, r := range recordings(t) {
		connections := Connections(readCapture(t, r.File))
		if len(connections) != r.ConnectionsTotal {
			t.Errorf("%s: %d connections, want %d", r.File, len(connections), r.ConnectionsTotal)
		}
		replies := map[string]int{}
		for _, c := range connections {
			for _, f := range c.Frames {
				if !f.Incomplete && (f.Kind == KindReply || f.Tag == wire.TagClose) {
					replies[f.Tag.String()]++
				}
			}
		}
		for _, want := range r.Connections {
			name := fmt.Sprintf("%s, connection %d", r.File, want.Number)
			i := slices.IndexFunc(connections, func(c *Connection) bool {
				return c.FirstPacket == want.FirstPacket
			})
			if i < 0 || connections[i].Client.String() != want.Client ||
				connections[i].LastPacket != want.LastPacket {
				t.Errorf("%s: no such connection", name)
				continue
			}
			checkConversation(t, name, connections[i].Frames, strings.Fields(want.Tags), want.More)
			checkLastConnect(t, name, connections[i].Frames, want.HostType, want.Protocol,
				want.Flags)
			for _, f := range connections[i].Frames {
				if f.Kind == KindBanner && f.Direction == capture.FromClient && !f.Incomplete &&
					f.Summary != want.ClientAddress {
					t.Errorf("%s: client says %s, want %s", name, f.Summary, want.ClientAddress)
				}
			}
		}
		if strings.Contains(r.File, "probe-open-session") ||
			strings.Contains(r.File, "probe-peer-role") {
			continue // there the hand-made side closes and replies as well
		}
		if diff := cmp.Diff(r.Replies, replies); diff != "" {
			t.Errorf("%s: replies (-want +got):\n%s", r.File, diff)
		}
	}
}

func checkConversation(t *testing.T, name string, frames []*Frame, want []string, more bool) {
	t.Helper()
	limit := func(got, want []string) []string {
		if more {
			return got[:min(len(got), len(want))]
		}
		return got
	}
	for _, direction := range []capture.Direction{capture.FromClient, capture.FromServer} {
		wantThere := slices.DeleteFunc(slices.Clone(want), func(tag string) bool {
			return !strings.HasPrefix(tag, direction.String())
		})
		got := tags(frames, direction)
		if diff := cmp.Diff(wantThere, limit(got, wantThere)); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, direction, diff)
		}
	}
	if name == "14.2.21-simple-probe-peer-role.pcap, connection 11" {
		// a hand-made client that sends without waiting: which connect was answered when is a
		// matter of taste
		return
	}
	// Banners cross, and the manifest lists them by their first byte.
	noBanner := func(tags []string) []string {
		return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool {
			return strings.HasSuffix(tag, "BANNER")
		})
	}
	if diff := cmp.Diff(noBanner(want), limit(noBanner(tags(frames)), noBanner(want))); diff != "" {
		t.Errorf("%s: both directions (-want +got):\n%s", name, diff)
	}
}

func checkLastConnect(t *testing.T, name string, frames []*Frame, hostType string, protocol uint32,
	flags uint8) {
	t.Helper()
	for _, f := range slices.Backward(frames) {
		if f.Kind != KindConnect || f.Incomplete {
			continue
		}
		c, err := wire.DecodeConnect(f.Bytes)
		if got := strings.TrimPrefix(c.HostType.String(), "unknown"); err != nil ||
			c.ProtocolVersion != protocol || c.Flags != flags || got != hostType {
			t.Errorf("%s: last connect is %+v, %v, want %s/%d/%d", name, c, err, hostType, protocol,
				flags)
		}
		return
	}
}

// What hand-made peers sent on purpose, and nothing else, is malformed. Each frame is there with
// its first error.
var wantMalformed = []string{
	`14.2.21-simple-probe-connect-replies.pcap 8 >BANNER@0 banner: text at offset 8: "ceph v026", want "ceph v027": invalid value`,
	`14.2.21-simple-probe-open-session.pcap 6 >MSG@178 message_header: crc at offset 49: sent 0xf0613859, computed 0xf0613858: crc mismatch`,
	`14.2.21-simple-probe-open-session.pcap 7 >MSG@178 message_footer: front_crc at offset 0: sent 0x00000001, computed 0x00000000: crc mismatch`,
	`14.2.21-simple-probe-open-session.pcap 9 >?@178 frame: tag at offset 0: 99 (TAG_99) is unknown: invalid value`,
	`14.2.21-simple-probe-open-session.pcap 10 >?@178 frame: tag at offset 0: 1 (READY) is for the negotiation: invalid value`,
	`14.2.21-simple-probe-peer-role-refused.pcap 16 <BANNER@0 banner: text at offset 8: "ceph v026", want "ceph v027": invalid value`,
	// A client that had expected RESETSESSION sends a second connect into the open session.
	`16.2.15-async-probe-connect-replies.pcap 3 >?@195 frame: tag at offset 0: 0 (TAG_0) is unknown: invalid value`,
	`16.2.15-async-probe-connect-replies.pcap 4 >?@195 frame: tag at offset 0: 0 (TAG_0) is unknown: invalid value`,
	`16.2.15-async-probe-connect-replies.pcap 8 >BANNER@0 banner: text at offset 8: "ceph v026", want "ceph v027": invalid value`,
	`16.2.15-async-probe-open-session.pcap 6 >MSG@186 message_header: crc at offset 49: sent 0xf0613859, computed 0xf0613858: crc mismatch`,
	`16.2.15-async-probe-open-session.pcap 7 >MSG@186 message_footer: front_crc at offset 0: sent 0x00000001, computed 0x00000000: crc mismatch`,
	`16.2.15-async-probe-open-session.pcap 9 >?@186 frame: tag at offset 0: 99 (TAG_99) is unknown: invalid value`,
	`16.2.15-async-probe-open-session.pcap 10 >?@186 frame: tag at offset 0: 1 (READY) is for the negotiation: invalid value`,
	`16.2.15-async-probe-peer-role-refused.pcap 14 <BANNER@0 banner: text at offset 8: "ceph v026", want "ceph v027": invalid value`,
}

// wantIncomplete are the frames that were cut off: by the end of the recording, by a fault that was
// injected in the middle of a reply, or by a peer that hung up.
var wantIncomplete = []string{
	"14.2.21-simple-cephx-3mon-election.pcap 10 >MSG@1538",
	"14.2.21-simple-cephx-3mon-election.pcap 11 >MSG@3373",
	"14.2.21-simple-cephx-3mon-inject.pcap 3 <RETRY_SESSION@339",
	"14.2.21-simple-cephx-3mon-inject.pcap 18 <CHALLENGE_AUTHORIZER@281",
	"14.2.21-simple-cephx-3mon-inject.pcap 19 <CHALLENGE_AUTHORIZER@281",
	"14.2.21-simple-none-3mon-election.pcap 3 >MSG@2739",
	"14.2.21-simple-none-3mon-election.pcap 4 >MSG@1198",
	"14.2.21-simple-none-3mon-election.pcap 7 <MSG@1712",
	"14.2.21-simple-probe-peer-role-refused.pcap 21 >BANNER@0",
	"14.2.21-simple-probe-peer-role.pcap 10 <BANNER@0",
	"14.2.21-simple-probe-peer-role.pcap 12 >CONNECT@262",
	"16.2.15-async-probe-peer-role-refused.pcap 14 >BANNER@0",
	"16.2.15-async-probe-peer-role-refused.pcap 19 >BANNER@0",
}

var wantAborted = []string{
	"14.2.21-simple-probe-open-session.pcap 8 >MSG@178",
	"16.2.15-async-probe-open-session.pcap 8 >MSG@186",
}

func TestMalformedFramesOfCaptures(t *testing.T) {
	var malformed, incomplete, aborted []string
	waits := 0
	for _, r := range recordings(t) {
		for _, c := range Connections(readCapture(t, r.File)) {
			for _, f := range c.Frames {
				at := fmt.Sprintf("%s %d %v%s@%d", r.File, c.Number, f.Direction, f.Name(),
					f.Offset)
				if len(f.Malformed) > 0 {
					malformed = append(malformed, at+" "+strings.TrimPrefix(f.Malformed[0].Error(),
						"wire: decode "))
				}
				if f.Incomplete {
					incomplete = append(incomplete, at)
				}
				if strings.Contains(f.Note, "aborted") {
					aborted = append(aborted, at)
				}
				if f.Kind == KindReply && f.Tag == wire.TagWait {
					waits++
					checkWait(t, at, c.Frames)
				}
			}
		}
	}
	for _, list := range []struct {
		name      string
		want, got []string
	}{{"malformed", wantMalformed, malformed}, {"incomplete", wantIncomplete, incomplete},
		{"aborted", wantAborted, aborted}} {
		if diff := cmp.Diff(list.want, list.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", list.name, diff)
		}
	}
	if waits != 9 {
		t.Errorf("%d races were lost, want 9", waits)
	}
}

// checkWait holds a WAIT against the rule: only a client with the higher address is told to wait.
func checkWait(t *testing.T, at string, frames []*Frame) {
	t.Helper()
	var addrs [2]wire.EntityAddr
	for _, f := range frames {
		if f.Kind == KindBanner {
			var err error
			addrs[f.Direction], err = wire.DecodeEntityAddr(f.Bytes[wire.BannerSize:])
			if err != nil {
				t.Errorf("%s: %v", at, err)
			}
		}
	}
	if client, server := addrs[capture.FromClient],
		addrs[capture.FromServer]; client.Compare(server) <= 0 {
		t.Errorf("%s: %v was told to wait by %v, which is not lower", at, client, server)
	}
}
