package cephconf_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplemessenger/internal/test/realpeer"
	"simplemessenger/monclient/cephconf"
)

// verdict is what Ceph makes of a form.
type verdict int

const (
	value   verdict = iota // it has this value, in 16.2 as in 14.2
	absent                 // the option is not there
	refused                // 16.2 refuses the file, and so do we
	// 16.2 refuses the file or passes the option over; in 14.2 it has this value, and here
	only14
	// both refuse it, for no reason that a person would see; here it has this value
	lenient
)

// forms are pieces of ceph.conf as people have them, and what "ceph-conf --lookup" of 16.2.15 and
// 14.2.21 make of them.
var forms = []struct {
	name, text, option string
	verdict            verdict
	want               string
}{
	{"no section, one", "mon_host = 1.2.3.4\n", "mon_host", value, "1.2.3.4"},
	{"no section, several", "mon_host = 1.2.3.4\nfsid = x\n", "mon_host", only14, "1.2.3.4"},
	{"no section, one then section", "mon_host = 1.2.3.4\n[client]\nx = 1\n", "mon_host", only14,
		"1.2.3.4"},
	{"comment, no section, one", "# c\nmon_host = 1.2.3.4\n", "mon_host", only14, "1.2.3.4"},
	{"section comment", "[global] # c\nmon_host = 1.2.3.4\n", "mon_host", value, "1.2.3.4"},
	{"section space", "[ global ]\nmon_host = 1.2.3.4\n", "mon_host", only14, "1.2.3.4"},
	{"upper case key", "[global]\nMON_HOST = 1.2.3.4\n", "mon_host", absent, ""},
	{"many spaces", "[global]\nmon    host = 1.2.3.4\n", "mon_host", value, "1.2.3.4"},
	{"tab in key", "[global]\nmon\thost = 1.2.3.4\n", "mon_host", value, "1.2.3.4"},
	{"dashes", "[global]\nmon-host = 1.2.3.4\n", "mon_host", absent, ""},
	{"double underscore", "[global]\nmon__host = 1.2.3.4\n", "mon_host", absent, ""},
	{"comment end", "[global]\nmon_host = 1.2.3.4 # c\n", "mon_host", value, "1.2.3.4"},
	{"; end", "[global]\nmon_host = 1.2.3.4;c\n", "mon_host", value, "1.2.3.4"},
	{"cont in value", "[global]\nmon_host = 1.2.3.4, \\\n1.2.3.5\n", "mon_host", value,
		"1.2.3.4, 1.2.3.5"},
	{"cont blanks", "[global]\nmon_host = 1.2.3.4\\\n    1.2.3.5\n", "mon_host", value,
		"1.2.3.4    1.2.3.5"},
	{"cont in key", "[global]\nmon_\\\nhost = 1.2.3.4\n", "mon_host", only14, "1.2.3.4"},
	{"cont spaces after", "[global]\nmon_host = 1.2.3.4, \\ \n1.2.3.5\n", "mon_host", refused, ""},
	{"comment ends in backslash", "[global]\n# old: mon_host = 9.9.9.9, \\\nmon_host = 1.2.3.4\n",
		"mon_host", value, "1.2.3.4"},
	{"comment2 ends in backslash", "[global]\nx = 1 ; y \\\nmon_host = 1.2.3.4\n", "mon_host",
		value, "1.2.3.4"},
	{"crlf", "[global]\r\nmon_host = 1.2.3.4\r\n", "mon_host", value, "1.2.3.4"},
	{"crlf cont", "[global]\r\nmon_host = 1.2.3.4,\\\r\n1.2.3.5\r\n", "mon_host", value,
		"1.2.3.4,1.2.3.5"},
	{"double q", "[global]\nmon_host = \"1.2.3.4\"\n", "mon_host", value, "1.2.3.4"},
	{"single q", "[global]\nmon_host = '1.2.3.4'\n", "mon_host", value, "1.2.3.4"},
	{"quote then comment", "[global]\nmon_host = \"1.2.3.4\" # c\n", "mon_host", value, "1.2.3.4"},
	{"quote hash", "[global]\nmon_host = \"1.2.3.4 # c\"\n", "mon_host", only14, "1.2.3.4 # c"},
	{"apostrophe in value", "[global]\ntitle = it's # comment\n", "title", value, "it's"},
	{"quote in middle + hash", "[global]\ntitle = a \"b # comment\"\n", "title", value, "a \"b"},
	{"escapes", "[global]\nx = a\\=b\\[c\\d\n", "x", value, "a=b[cd"},
	{"escaped hash", "[global]\nx = a\\#b\\;c\n", "x", value, "a#b;c"},
	{"dup", "[global]\nmon_host = 1\nmon_host = 2\n", "mon_host", value, "2"},
	{"dup other spelling", "[global]\nmon_host = 1\nmon host = 2\n", "mon_host", value, "2"},
	{"empty value", "[global]\nmon_host =\n", "mon_host", value, ""},
	{"no =", "[global]\nmon_host\n", "mon_host", refused, ""},
	{"empty key", "[global]\n = 1\nmon_host = 1.2.3.4\n", "mon_host", refused, ""},
	{"= in value", "[global]\nx = a=b\n", "x", value, "a=b"},
	{"indent section", "  [global]\nmon_host = 1.2.3.4\n", "mon_host", only14, "1.2.3.4"},
	{"meta", "[global]\nx = $cluster/$type/$id/$name/${id}x/$hostx\n", "x", value,
		"c/client/admin/client.admin/adminx/$hostx"},
	{"num", "[global]\nx = /run/$num/k\n", "x", value, "/run/admin/k"},
	{"data_dir", "[global]\nx = $data_dir/$channel\n", "x", value, "$data_dir/$channel"},
	{"Section upper", "[GLOBAL]\nmon_host = 1.2.3.4\n", "mon_host", absent, ""},
	{"section order", "[client.admin]\nx = a\n[client]\nx = b\n[global]\nx = c\n", "x", value, "a"},
	{"include", "include other.conf\n[global]\nmon_host = 1\n", "mon_host", refused, ""},
	{"no newline at end", "[global]\nmon_host = 1.2.3.4", "mon_host", lenient, "1.2.3.4"},
	{"blank lines, many", "\n\n[global]\n\n\nmon_host = 1.2.3.4\n\n", "mon_host", value, "1.2.3.4"},
	{"only comments", "# a\n; b\n", "mon_host", absent, ""},
	{"comment between", "[global]\n# c\nmon_host = 1.2.3.4\n", "mon_host", value, "1.2.3.4"},
	{"empty file", "", "mon_host", absent, ""},
	{"mon section", "[mon]\nmon_host = 1.2.3.4\n", "mon_host", absent, ""},
	{"[global] text after", "[global] x\nmon_host = 1\n", "mon_host", refused, ""},
	{"[ in key", "[global]\n[x = 1\nmon_host = 1\n", "mon_host", refused, ""},
	{"empty section name", "[]\nx = 1\n[global]\nmon_host = 1\n", "mon_host", refused, ""},
	{"unclosed quote", "[global]\nmon_host = \"1.2.3.4\n", "mon_host", refused, ""},
	{"section again", "[global]\nx = 1\n[client]\nx = 2\n[global]\nmon_host = 1.2.3.4\n",
		"mon_host", value, "1.2.3.4"},
	{"blanks before", "[global]\n\t mon_host = 1.2.3.4\n", "mon_host", value, "1.2.3.4"},
	{"space at end", "[global]\nmon_host = 1.2.3.4   \n", "mon_host", value, "1.2.3.4"},
	{"quoted blanks", "[global]\nx = \" a b \"\n", "x", value, "a b"},
	{"escaped quote", "[global]\nx = \"a\\\"b\"\n", "x", value, "a\"b"},
	{"comma list", "[global]\nmon_host = 1.2.3.4,1.2.3.5;1.2.3.6\n", "mon_host", value,
		"1.2.3.4,1.2.3.5"},
	{"client section", "[client]\nmon_host = 1.2.3.4\n", "mon_host", value, "1.2.3.4"},
	// 16.2 crashes
	{"byte order mark", "\ufeff[global]\nmon_host = 1.2.3.4\n", "mon_host", only14, "1.2.3.4"},
}

func TestReadsWhatCephReads(t *testing.T) {
	for _, form := range forms {
		f, err := cephconf.Parse(strings.NewReader(form.text), "/etc/ceph/c.conf")
		if form.verdict == refused {
			if err == nil || !strings.HasPrefix(err.Error(), "/etc/ceph/c.conf:") {
				t.Errorf("%s: %v, want a refusal that names the line", form.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", form.name, err)
			continue
		}
		got, ok := f.Get(admin, form.option)
		if ok != (form.verdict != absent) || got != form.want {
			t.Errorf("%s: %q, %v, want %q", form.name, got, ok, form.want)
		}
	}
}

// The table says what the real ceph-conf says, where there is one of 16.2.
func TestRealCephConf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.conf")
	for _, form := range forms {
		if strings.HasPrefix(form.text, "\ufeff") {
			continue
		}
		if err := os.WriteFile(path, []byte(form.text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := realpeer.Tool(t, "16.2", "ceph-conf", "-c", path, "--lookup", form.option)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
		out, err := cmd.Output()
		got := strings.TrimSuffix(string(out), "\n")
		switch found := err == nil; {
		case found != (form.verdict == value):
			t.Errorf("%s: %q, %v, which the table does not say", form.name, got, err)
		case found && got != form.want:
			t.Errorf("%s: %q, the table says %q", form.name, got, form.want)
		}
	}
}
