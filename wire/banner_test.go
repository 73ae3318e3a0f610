package wire_test

import (
	"errors"
	"strings"
	"testing"

	"simplemessenger/wire"
)

func TestBanner(t *testing.T) {
	if got := string(wire.AppendBanner([]byte("x"))); got != "xceph v027" || wire.BannerSize != 9 {
		t.Errorf("AppendBanner = %q, size %d", got, wire.BannerSize)
	}
	for _, test := range []struct {
		in     string
		err    error
		offset int
		text   string
	}{
		{"ceph v027", nil, 0, ""},
		{"ceph v027 and more", nil, 0, ""},
		{"ceph v02", wire.ErrShort, 0, "need 9 bytes, have 8"},
		{"", wire.ErrShort, 0, "have 0"},
		{"ceph v026", wire.ErrInvalid, 8, `"ceph v026"`},
		{"Ceph v027", wire.ErrInvalid, 0, "want"},
		{"SSH-2.0-OpenSSH", wire.ErrInvalid, 0, `"SSH-2.0-O"`},
		{"cat", wire.ErrInvalid, 1, `"cat"`},
		{"ceph v2\n\x10\x00", wire.ErrInvalid, 6, "msgr2"},
		{"ceph v2\n", wire.ErrInvalid, 6, "msgr2"},
		{"ceph v2", wire.ErrInvalid, 6, "want"}, // too short to be sure that it is msgr2
	} {
		err := wire.DecodeBanner([]byte(test.in))
		if !errors.Is(err, test.err) {
			t.Errorf("DecodeBanner(%q) = %v, want %v", test.in, err, test.err)
			continue
		}
		var decodeError *wire.DecodeError
		if errors.As(err, &decodeError) && (decodeError.Offset != test.offset ||
			!strings.Contains(err.Error(), test.text)) {
			t.Errorf("DecodeBanner(%q) = %v, want offset %d and %q", test.in, err, test.offset,
				test.text)
		}
	}
}

func TestDecodeErrorText(t *testing.T) {
	_, err := wire.DecodeConnect(make([]byte, 5))
	if got, want := err.Error(), "wire: decode connect: flags at offset 32: need 33 bytes, have "+
		"5: short input"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
