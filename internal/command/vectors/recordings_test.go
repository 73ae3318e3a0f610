package vectors

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
	"simplemessenger/wire"
)

const captureDir = "../../../testdata/captures"

// recording is a capture, decoded, and the keys that are known of it.
type recording struct {
	file        string
	connections []*decode.Connection
	keyring     *cephx.Keyring // nil without cephx
	keys        map[netip.AddrPort][]byte
}

// sides are the names of the directions' senders.
var sides = map[capture.Direction]string{capture.FromClient: fromClient,
	capture.FromServer: fromServer}

func readRecordings(t testing.TB) []*recording {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(captureDir, "*.pcap"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	var all []*recording
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		recorded, err := capture.Read(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &recording{file: filepath.Base(path),
			connections: decode.Connections(recorded), keys: map[netip.AddrPort][]byte{}})
	}
	addKeys(t, all)
	return all
}

// addKeys adds what captures.json knows of the recordings.
func addKeys(t testing.TB, recordings []*recording) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(captureDir, "captures.json"))
	if err != nil {
		t.Fatal(err)
	}
	var described []struct {
		File        string
		Cephx       *struct{ Keyring string }
		Connections []struct {
			Client     netip.AddrPort
			SessionKey string `json:"session_key"`
		}
	}
	if err := json.Unmarshal(b, &described); err != nil {
		t.Fatal(err)
	}
	for _, d := range described {
		for _, r := range recordings {
			if r.file != d.File {
				continue
			}
			if d.Cephx != nil {
				r.keyring, err = cephx.ParseKeyring(strings.NewReader(d.Cephx.Keyring), d.File)
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range d.Connections {
				if key, err := hex.DecodeString(c.SessionKey); err != nil {
					t.Fatal(err)
				} else if len(key) > 0 {
					r.keys[c.Client] = key
				}
			}
		}
	}
}

// proves reports whether the client comes with credentials of cephx.
func proves(c *decode.Connection) bool {
	for _, f := range c.Frames {
		if f.Kind == decode.KindConnect && !f.Incomplete {
			if w, _ := wire.DecodeConnect(f.Bytes); w.AuthorizerProtocol == wire.AuthCephx {
				return true
			}
		}
	}
	return false
}

// key is the session key of a connection with credentials, nil if it is not known. (The key that
// captures.json has of others is what their login has brought.)
func (r *recording) key(c *decode.Connection) []byte {
	if !proves(c) {
		return nil
	}
	return r.keys[c.Client]
}

// source names a connection of the recording.
func (r *recording) source(c *decode.Connection) string {
	return fmt.Sprintf("%s, connection %d", r.file, c.Number)
}

// monitors are the ports of the real daemons in the captures with a hand-made side.
var monitors = map[uint16]bool{16789: true, 26789: true}

// handmade reports whether no release of Ceph speaks for that side; what it says proves nothing.
func (r *recording) handmade(c *decode.Connection, d capture.Direction) bool {
	if !strings.Contains(r.file, "-probe-") {
		return false
	}
	if d == capture.FromServer {
		return !monitors[c.Server.Port()]
	}
	return !monitors[clientPort(c)]
}

// clientPort is the port that the client announces in its banner.
func clientPort(c *decode.Connection) uint16 {
	for _, f := range c.Frames {
		if port, ok := f.Field("addr.port").(uint16); ok && f.Direction == capture.FromClient {
			return port
		}
	}
	return 0
}

var mixed = regexp.MustCompile(`^mixed-(14\.2\.21|16\.2\.15)(?:-simple)?-client-on-([0-9.]+)`)

// setup says which releases speak.
func (r *recording) setup() string {
	if m := mixed.FindStringSubmatch(r.file); m != nil {
		return m[1] + " at " + m[2]
	}
	release, _, _ := strings.Cut(r.file, "-")
	return release
}

// secret makes a key of its bytes.
func secret(t testing.TB, b []byte) cephx.CryptoKey {
	t.Helper()
	if b == nil {
		return cephx.CryptoKey{}
	}
	key, err := cephx.NewCryptoKey(b, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return key
}
