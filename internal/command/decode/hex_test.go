package decode

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

func TestParseHex(t *testing.T) {
	want := []byte("ceph v027\x00\x01\x02 and so on")
	digits := hex.EncodeToString(want)
	var xxd, wireshark strings.Builder
	for at := 0; at < len(want); at += 16 {
		row := want[at:min(len(want), at+16)]
		printable := strings.Map(func(r rune) rune {
			if r < ' ' {
				return '.'
			}
			return r
		}, string(row))
		fmt.Fprintf(&xxd, "%08x: ", at)
		for i := 0; i < len(row); i += 2 {
			fmt.Fprintf(&xxd, "%x ", row[i:min(len(row), i+2)])
		}
		fmt.Fprintf(&xxd, " %s\n", printable)
		fmt.Fprintf(&wireshark, "%04x   % x   %s\n", at, row, printable)
	}
	spaced := fmt.Sprintf("% x", want)
	for name, text := range map[string]string{
		"plain":        digits,
		"upper case":   strings.ToUpper(digits),
		"spaces":       spaced,
		"lines":        digits[:10] + "\n" + digits[10:] + "\r\n",
		"0x":           "0x" + strings.ReplaceAll(spaced, " ", ", 0x"),
		"\\x":          `"\x` + strings.ReplaceAll(spaced, " ", `\x`) + `"`,
		"colons":       strings.ReplaceAll(spaced, " ", ":"),
		"comment":      "# a banner\n" + digits + " # that was it",
		"eight digits": digits[:8] + " " + digits[8:16] + "\n" + digits[16:24] + " " + digits[24:],
		"xxd":          xxd.String(),
		"hexdump -C":   hex.Dump(want) + fmt.Sprintf("%08x\n", len(want)),
		"Wireshark":    wireshark.String(),
		"xxd -s":       strings.ReplaceAll(xxd.String(), "000000", "000a00"),
		"groups":       strings.ReplaceAll(digits[:36], "2076", ":2076") + digits[36:],
		"tcpdump -X":   strings.ReplaceAll(xxd.String(), "000000", "\t0x00"),
	} {
		got, err := ParseHex(strings.NewReader(text))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %q, %v\n%s", name, got, err, text)
		}
	}
	for _, bad := range []string{"63 65 7", "hello", "6365\n70xx", "63-65",
		strings.Repeat("no hex at all ", 10)} {
		if b, err := ParseHex(strings.NewReader(
			bad)); err == nil || !strings.Contains(err.Error(), "is not hexadecimal") {
			t.Errorf("%q: got %x, %v", bad, b, err)
		}
	}
}

func TestParseHexOfShortenedDump(t *testing.T) {
	dump := "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  " +
		"|................|\n*\n00000040\n"
	if b, err := ParseHex(strings.NewReader(
		dump)); err == nil || !strings.Contains(err.Error(), "hexdump -v") {
		t.Errorf("got %x, %v", b, err)
	}
}

// The real tools, where they are installed.
func TestParseHexOfRealTools(t *testing.T) {
	b := slices.Concat(clientBanner(), connect(features, ""), msg(1))
	for _, tool := range [][]string{{"xxd"}, {"xxd", "-p"}, {"xxd", "-g", "1"},
		{"hexdump", "-C", "-v"}, {"od", "-An", "-v", "-tx1"}} {
		cmd := exec.Command(tool[0], tool[1:]...)
		cmd.Stdin = bytes.NewReader(b)
		out, err := cmd.Output()
		if err != nil {
			t.Logf("%s: %v", tool[0], err)
			continue
		}
		if got, err := ParseHex(bytes.NewReader(out)); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%q: got %x, %v\n%s", tool, got, err, out)
		}
	}
}

func FuzzParseHex(f *testing.F) {
	f.Add("00000000: 6365 7068  ceph\n")
	f.Add("63:65 0x70, \\x68 # x")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ParseHex(strings.NewReader(text))
		if len(b) > len(text)/2 {
			t.Fatalf("%d bytes out of %d characters (%v)", len(b), len(text), err)
		}
		if again, err := ParseHex(strings.NewReader(hex.Dump(
			b))); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x dumped and read again is %x, %v", b, again, err)
		}
	})
}

func TestGuessDirection(t *testing.T) {
	blank := wire.EntityAddr{Nonce: 3}
	six := serverAddr
	six.IP = addrPort("[::1]:1").Addr()
	for _, test := range []struct {
		name string
		b    []byte
		want capture.Direction
	}{
		{"server", serverBanner(), capture.FromServer},
		{"server sees nothing", blank.Append(serverAddr.Append(wire.AppendBanner(nil))),
			capture.FromServer},
		{"server, IPv6", six.Append(six.Append(wire.AppendBanner(nil))), capture.FromServer},
		{"client", slices.Concat(clientBanner(), connect(features, "")), capture.FromClient},
		{"client with no features", slices.Concat(clientBanner(), connect(0, "")),
			capture.FromClient},
		{"client, banner only", clientBanner(), capture.FromClient},
		{"frames", slices.Concat(msg(1), make([]byte, 300)), capture.FromClient},
	} {
		if got := guessDirection(test.b); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestLoneStream(t *testing.T) {
	for _, test := range []struct {
		name string
		b    []byte
		want string
	}{
		{"client told READY", slices.Concat(clientBanner(), connect(features, "x"), msg(1), msg(2)),
			">BANNER >CONNECT >MSG >MSG"},
		{"client told SEQ", slices.Concat(clientBanner(), connect(features, ""), seq(0), msg(1)),
			">BANNER >CONNECT >seq >MSG"},
		{"client told SEQ, nothing more", slices.Concat(clientBanner(), connect(features, ""),
			seq(700)), ">BANNER >CONNECT >seq"},
		{"client told RETRY", slices.Concat(clientBanner(), connect(features, ""),
			connect(features, "abc"), tagged(wire.TagAck, seq(1)...), msg(1)),
			">BANNER >CONNECT >CONNECT >ACK >MSG"},
		{"client told something odd", slices.Concat(clientBanner(), connect(features, ""),
			bytes.Repeat([]byte{99}, 40), msg(1)), ">BANNER >CONNECT >?… >MSG"},
		{"client, cut off", slices.Concat(clientBanner(), connect(features, ""), []byte{1, 2, 3}),
			">BANNER >CONNECT >?…"},
		{"server", slices.Concat(serverBanner(), reply(wire.TagRetryGlobal, features, ""),
			reply(wire.TagSeq, features, "abc"), seq(3), msg(4)),
			"<BANNER <RETRY_GLOBAL <SEQ <seq <MSG"},
		{"server, old footers", slices.Concat(serverBanner(), reply(wire.TagReady, features, ""),
			message(1, "a", "", "", 13), message(2, "", "", "", 13)), "<BANNER <READY <MSG <MSG"},
		{"frames", slices.Concat(tagged(wire.TagKeepalive), msg(1)), ">KEEPALIVE >MSG"},
		{"frames, the first one cut", slices.Concat(msg(1)[10:], msg(2)), ">?… >MSG"},
	} {
		t.Run(test.name, func(t *testing.T) {
			connections, err := readHex(strings.NewReader(hex.EncodeToString(test.b)))
			if err != nil {
				t.Fatal(err)
			}
			s := &script{t: t, d: NewLoneDecoder(nil), frames: connections[0].Frames}
			s.want(test.want)
		})
	}
}

func TestHexFile(t *testing.T) {
	var out strings.Builder
	b := slices.Concat(clientBanner(), connect(features, ""), msg(1))
	summary, err := Reader(context.Background(), &out, strings.NewReader(hex.Dump(b)),
		Options{Brief: true})
	if err != nil || summary != (Summary{Connections: 1, Frames: 3}) {
		t.Errorf("summary %+v, %v", summary, err)
	}
	want := `connection 1
> BANNER @0+145 10.0.0.1:0/9
> CONNECT @145+33 client, global_seq 1, connect_seq 0, protocol 15, authorizer cephx of 0 bytes
> MSG @178+84 MOSDOp, seq 1, from client.4, 9 bytes
decode: connections 1, frames 3, malformed 0
`
	want = strings.Replace(want, ", authorizer cephx of 0 bytes", "", 1)
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	for _, bad := range []string{"", "\n# nothing\n", "no hex"} {
		if _, err := Reader(context.Background(), &out, strings.NewReader(bad),
			Options{}); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
	if _, err := File(context.Background(), &out, os.DevNull+"/nothing", Options{}); err == nil {
		t.Error("a file that is not there is no error")
	}
}
