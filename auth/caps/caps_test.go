package caps_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth/caps"
)

func Example() {
	// In a server: caps.Decode(connection.Identity().Capabilities)
	c, err := caps.Decode(caps.Encode("allow r, allow rw pool=images"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, pool := range []string{"images", "backup"} {
		fmt.Println(pool, c.MayOn(caps.Read, caps.Target{Pool: pool}),
			c.MayOn(caps.Write, caps.Target{Pool: pool}))
	}
	// Output:
	// images true true
	// backup true false
}

func TestParse(t *testing.T) {
	for text, want := range map[string][]caps.Grant{
		"":        nil,
		" , ;":    nil,
		"allow *": {{Permissions: caps.All}},
		"allow all;allow rwx": {{Permissions: caps.All},
			{Permissions: caps.Read | caps.Write | caps.Execute}},
		"profile osd":       {{Profile: "osd"}},
		"allow profile osd": {{Profile: "osd"}},
		"profile rbd pool=images, profile rbd-read-only pool vms": {
			{Profile: "rbd", Clauses: []caps.Clause{{"pool", "images"}}},
			{Profile: "rbd-read-only", Clauses: []caps.Clause{{"pool", "vms"}}}},
		"allow rw pool = x namespace=\"a, b\"": {{Permissions: caps.Read | caps.Write,
			Clauses: []caps.Clause{{"pool", "x"}, {"namespace", "a, b"}}}},
		"allow pool x r class-read object_prefix 'rbd '": {{
			Permissions: caps.Read | caps.Execute,
			Clauses:     []caps.Clause{{"pool", "x"}, {"object_prefix", "rbd "}}}},
		"allow rw tag cephfs data=a": {{Permissions: caps.Read | caps.Write,
			Clauses: []caps.Clause{{"tag", "cephfs"}, {"data", "a"}}}},
		`allow command "auth get" with entity=client.x`: {{
			Clauses: []caps.Clause{{"command", "auth get"}, {"with", ""}, {"entity", "client.x"}}}},
		"allow rw fsname=a path=/b root_squash": {{Permissions: caps.Read | caps.Write,
			Clauses: []caps.Clause{{"fsname", "a"}, {"path", "/b"}, {"root_squash", ""}}}},
		"allow r network 10.0.0.0/8": {{Permissions: caps.Read,
			Clauses: []caps.Clause{{"network", "10.0.0.0/8"}}}},
	} {
		c, err := caps.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, c.Grants); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		if c.String() != text {
			t.Errorf("%q is shown as %q", text, c)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"rw":                          `at byte 0: "rw", where a grant begins`,
		"allow r, pool=x":             `at byte 9: "pool"`,
		"allow r pool":                "at byte 8: pool without a value",
		"allow r pool=":               "pool without a value",
		"allow r pool==":              "pool without a value",
		"allow = r":                   "an equals sign without a key",
		"profile":                     "profile without a value",
		`allow r pool="x`:             "at byte 13: a quote that is not closed",
		`"allow" r`:                   "begins with allow",
		strings.Repeat("x", 64<<10+1): "above the limit",
	} {
		if c, err := caps.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %+v, %v, want %s", text, c, err, want)
		}
	}
}

func TestMay(t *testing.T) {
	for _, c := range []struct {
		text   string
		p      caps.Permission
		target caps.Target
		may    bool // anywhere
		mayOn  bool
	}{
		{"", caps.Read, caps.Target{}, false, false},
		{"allow *", caps.All, caps.Target{Pool: "x"}, true, true},
		{"allow rwx", caps.All, caps.Target{}, false, false},
		{"allow rwx", caps.Read | caps.Execute, caps.Target{}, true, true},
		{"allow r", caps.Write, caps.Target{}, false, false},
		{"allow r, allow w", caps.Read | caps.Write, caps.Target{}, false, false},
		{"allow rw pool=x", caps.Write, caps.Target{Pool: "x"}, true, true},
		{"allow rw pool=x", caps.Write, caps.Target{Pool: "y"}, true, false},
		{"allow rw pool=x", caps.Write, caps.Target{}, true, false},
		{"allow r namespace=a", caps.Read, caps.Target{Pool: "x", Namespace: "a"}, true, true},
		{"allow r namespace=a", caps.Read, caps.Target{Pool: "x"}, true, false},
		{"allow r namespace=a*", caps.Read, caps.Target{Namespace: "ab"}, true, true},
		{"allow r namespace=a*", caps.Read, caps.Target{Namespace: "b"}, true, false},
		{"allow r object_prefix=rbd", caps.Read, caps.Target{Object: "rbd.1"}, true, true},
		{"allow r object_prefix=rbd", caps.Read, caps.Target{Object: "x"}, true, false},
		{"allow r object_prefix=''", caps.Read, caps.Target{}, true, false},
		{"allow r tag cephfs data=a", caps.Read, caps.Target{Pool: "x"}, true, false},
		{"allow r network 10.0.0.0/8", caps.Read, caps.Target{}, true, false},
		{"profile rbd", caps.Read, caps.Target{}, false, false},
	} {
		got, err := caps.Decode(caps.Encode(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if may := got.May(c.p); may != c.may {
			t.Errorf("%q: may %v: %v", c.text, c.p, may)
		}
		if mayOn := got.MayOn(c.p, c.target); mayOn != c.mayOn {
			t.Errorf("%q: may %v on %+v: %v", c.text, c.p, c.target, mayOn)
		}
	}
	if c, err := caps.Parse("allow r, profile a, profile b"); err != nil ||
		strings.Join(c.Profiles(), " ") != "a b" {
		t.Errorf("profiles %v, %v", c.Profiles(), err)
	}
	for p, want := range map[caps.Permission]string{caps.All: "*", 0: "-",
		caps.Read | caps.Execute: "rx"} {
		if p.String() != want {
			t.Errorf("%q, want %q", p, want)
		}
	}
}

func TestDecode(t *testing.T) {
	if c, err := caps.Decode(nil); err != nil || c.May(0) {
		t.Errorf("none: %+v, %v", c, err)
	}
	for _, b := range []string{"\x01", "\x02\x00\x00\x00a", "\x00\x00\x00\x00a",
		"\xff\xff\xff\xffallow *"} {
		if c, err := caps.Decode([]byte(b)); err == nil {
			t.Errorf("%q: %+v", b, c)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{"allow *", "allow rw pool=x, profile 'a b'",
		"allow r tag a b=c"} {
		f.Add(caps.Encode(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := caps.Decode(b)
		if err != nil {
			return
		}
		if again, err := caps.Decode(caps.Encode(c.Text)); err != nil ||
			cmp.Diff(c, again) != "" {
			t.Errorf("%q: %+v, %v", b, again, err)
		}
		c.MayOn(caps.All, caps.Target{Pool: "x"})
	})
}
