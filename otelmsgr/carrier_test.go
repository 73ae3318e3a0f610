package otelmsgr_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/otelmsgr"
	"simplemessenger/simplemsgr"
)

func TestFieldsThereAndBack(t *testing.T) {
	for _, fields := range []map[string]string{
		{},
		{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		{"": "", "a": "\x00\xff", "tracestate": strings.Repeat("x", 512)},
	} {
		b, err := otelmsgr.AppendFields([]byte("front"), fields)
		if err != nil {
			t.Fatal(err)
		}
		got, err := otelmsgr.DecodeFields(b[len("front"):])
		if err != nil || !maps.Equal(got, fields) {
			t.Errorf("%v: %s", err, cmp.Diff(fields, got))
		}
	}
}

func TestFieldsHaveLimits(t *testing.T) {
	many := map[string]string{}
	for i := range otelmsgr.MaxFields + 1 {
		many[fmt.Sprint(i)] = ""
	}
	long := map[string]string{"a": strings.Repeat("x", otelmsgr.MaxFieldsSize)}
	for want, fields := range map[string]map[string]string{"17, limit 16": many,
		"bytes, limit 4096": long} {
		b, err := otelmsgr.AppendFields(nil, fields)
		if !errors.Is(err, otelmsgr.ErrFields) || !strings.Contains(err.Error(), want) || b != nil {
			t.Errorf("%v, want %q", err, want)
		}
		m := &simplemsgr.Message{}
		if err := (otelmsgr.Middle{}).Inject(m, fields); err == nil || m.Middle != nil {
			t.Errorf("injected %q", m.Middle)
		}
	}
}

func TestBrokenFields(t *testing.T) {
	for b, want := range map[string]string{
		"":                                     "magic",
		"\x00otc1":                             "magic",
		"\x00otc2\x00":                         "magic",
		"\x00otc1\x11":                         "17, limit 16",
		"\x00otc1\x01\x01\x00\x00":             "field 0: lengths",
		"\x00otc1\x01\x01\x00\xff\xffa":        "field 0: 1 + 65535 bytes of 1",
		"\x00otc1\x00x":                        "1 bytes behind the fields",
		"\x00otc1" + strings.Repeat("x", 5000): "5005 bytes, limit 4096",
		"\x00otc1\x02\x01\x00\x00\x00a\x01\x00\x00\x00a": `field 1: "a" again`,
	} {
		fields, err := otelmsgr.DecodeFields([]byte(b))
		if !errors.Is(err, otelmsgr.ErrFields) || !strings.Contains(err.Error(), want) ||
			fields != nil {
			t.Errorf("%.20q: %v, want %q", b, err, want)
		}
	}
}

func FuzzDecodeFields(f *testing.F) {
	for _, fields := range []map[string]string{{}, {"a": "b"},
		{"traceparent": "00-0af7", "x": ""}} {
		b, err := otelmsgr.AppendFields(nil, fields)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\x00otc1\x01\x01\x00\xff\xffa"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, err := otelmsgr.DecodeFields(b)
		if err != nil {
			if fields != nil || !errors.Is(err, otelmsgr.ErrFields) {
				t.Errorf("%v and %v", fields, err)
			}
			return
		}
		again, err := otelmsgr.AppendFields(nil, fields)
		if err != nil || len(again) != len(b) {
			t.Fatalf("%d bytes again, of %d: %v", len(again), len(b), err)
		}
		if got, err := otelmsgr.DecodeFields(again); err != nil || !maps.Equal(got, fields) {
			t.Errorf("%v: %v, then %v", err, fields, got)
		}
	})
}
