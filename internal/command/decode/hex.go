package decode

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// offsetColumn is what a dump begins a line with: a number of at least four hexadecimal digits,
// then a colon (xxd, tcpdump), two spaces (hexdump -C, Wireshark), or nothing, if it is the last
// line.
var offsetColumn = regexp.MustCompile(`^\s*(?:0x)?([0-9a-fA-F]{4,8})(:\s*|\s{2,}|\s*$)`)

// ParseHex reads hexadecimal text: plain digits with any spacing, with 0x, \x, colons or commas
// between bytes, or the output of xxd, hexdump -C, tcpdump -X or Wireshark, whose columns of
// offsets and characters are dropped. What follows a # is a comment, but for dumps.
func ParseHex(r io.Reader) ([]byte, error) {
	var p hexParser
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for number := 1; lines.Scan(); number++ {
		if p.dump && strings.TrimSpace(lines.Text()) == "*" {
			return p.bytes, errors.Errorf("line %d: the dump leaves out lines that repeat "+
				"(hexdump -v does not)", number)
		}
		decoded, err := hex.DecodeString(p.digits(lines.Text()))
		if err != nil {
			return p.bytes, errors.Errorf("line %d is not hexadecimal: %q", number,
				shorten(lines.Text()))
		}
		p.bytes = append(p.bytes, decoded...)
	}
	return p.bytes, lines.Err()
}

type hexParser struct {
	bytes []byte
	dump  bool   // lines begin with an offset
	base  uint64 // the offset of the first byte
}

// digits returns the digits of a line.
func (p *hexParser) digits(line string) string {
	if rest, ok := p.dumped(line); ok {
		p.dump, line = true, rest
	} else {
		line, _, _ = strings.Cut(line, "#")
	}
	line = strings.NewReplacer("0x", " ", `\x`, " ").Replace(line)
	return strings.NewReplacer(" ", "", "\t", "", "\r", "", ":", "", ",", "", ";", "", "{", "", "}",
		"", `"`, "").Replace(line)
}

// dumped returns the bytes of a line of a dump, without the columns to their left and right. A
// number counts as an offset only if it is the right one, so that plain digits are not taken for
// one.
func (p *hexParser) dumped(line string) (string, bool) {
	m := offsetColumn.FindStringSubmatch(line)
	if m == nil {
		return "", false
	}
	offset, err := strconv.ParseUint(m[1], 16, 64)
	if err == nil && len(p.bytes) == 0 && strings.HasPrefix(m[2], ": ") {
		p.base = offset // a dump of a part
	}
	if err != nil || offset != p.base+uint64(len(p.bytes)) || len(p.bytes) > 0 && !p.dump {
		return "", false
	}
	rest := line[len(m[0]):]
	switch {
	case rest == "":
		return "", p.dump
	case m[2][0] == ':': // the characters stand behind a wider gap than there is between the bytes
		rest, _, _ = strings.Cut(rest, "  ")
	case strings.Contains(rest, "|"):
		rest, _, _ = strings.Cut(rest, "|")
	default:
		rest, _, _ = strings.Cut(rest, "   ")
	}
	return rest, true
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// readHex decodes hexadecimal text as what one side has sent.
func readHex(r io.Reader) ([]*Connection, error) {
	b, err := ParseHex(r)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 {
		return nil, errors.New("the input is empty")
	}
	c := &Connection{Number: 1}
	d := NewLoneDecoder(func(f *Frame) { c.Frames = append(c.Frames, f) })
	d.Write(guessDirection(b), b, time.Time{}, 0)
	d.Close()
	return []*Connection{c}, nil
}

// guessDirection tells who has sent b if it starts with a banner: behind its address a server sends
// a second one, and a client a connect, whose features are never so few that they look like the
// start of an address.
func guessDirection(b []byte) capture.Direction {
	const second = wire.BannerSize + wire.EntityAddrSize
	if len(b) < second+10 || wire.DecodeBanner(b) != nil ||
		binary.LittleEndian.Uint32(b[second:]) != 0 {
		return capture.FromClient
	}
	switch binary.BigEndian.Uint16(b[second+8:]) {
	case 0, 2, 10:
		return capture.FromServer
	}
	return capture.FromClient
}
