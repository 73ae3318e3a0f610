package packagingtest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testVersion is what tests say that they release.
const testVersion = "v0.0.1-test"

// filesBelow returns the names of the files below a folder, in order.
func filesBelow(t *testing.T, dir string) (all []string) {
	t.Helper()
	check(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	}))
	slices.Sort(all)
	return all
}

func TestInstall(t *testing.T) {
	needsTime(t)
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip(err)
	}
	to := t.TempDir()
	args := []string{"install", "DESTDIR=" + to, "PREFIX=/opt/messenger"}
	command(t, root, nil, "make", args...)
	at := filepath.Join(to, "opt/messenger")
	files := filesBelow(t, to)
	for _, f := range []struct{ name, says string }{
		{"bin/simplemsgr", ""},
		// The page of the whole tells the exit statuses, that of a command its examples.
		{"share/man/man1/simplemsgr.1", "exit status is 0"},
		{"share/man/man1/simplemsgr-ping.1", "simplemsgr ping osd.0"},
		{"share/man/man1/simplemsgr-bench-pair.1", ".SH NAME"},
		{"share/bash-completion/completions/simplemsgr", "-F __start_simplemsgr"},
		{"share/zsh/site-functions/_simplemsgr", "#compdef simplemsgr"},
		{"share/fish/vendor_completions.d/simplemsgr.fish", "complete -c simplemsgr"},
		{"share/doc/simplemsgr/LICENSE", "BSD 3-Clause"},
	} {
		content, err := os.ReadFile(filepath.Join(at, f.name))
		if err != nil || !strings.Contains(string(content), f.says) {
			t.Errorf("%s does not say %q, %v", f.name, f.says, err)
		}
	}
	for _, name := range files {
		info, err := os.Stat(filepath.Join(to, name))
		check(t, err)
		want := fs.FileMode(0o644)
		if strings.Contains(name, "/bin/") {
			want = 0o755
		}
		if info.Mode() != want || !strings.HasPrefix(name, "opt/messenger/") {
			t.Errorf("%s has the mode %v", name, info.Mode())
		}
	}
	installed := filepath.Join(at, "bin/simplemsgr")
	if out := command(t, to, nil, installed, "--help"); strings.Contains(out, "man ") {
		t.Errorf("what is installed writes manual pages:\n%s", out)
	}
	if _, stderr, err := try(to, nil, installed, "man", to); err == nil {
		t.Errorf("what is installed writes manual pages: %s", stderr)
	}
	testCompletion(t, at)

	// Somebody else's files stay.
	writeFile(t, filepath.Join(at, "share/man/man1/other.1"), nil, 0o644)
	command(t, root, nil, "make", append([]string{"uninstall"}, args[1:]...)...)
	if left := filesBelow(t, to); !slices.Equal(left,
		[]string{"opt/messenger/share/man/man1/other.1"}) {
		t.Errorf("uninstall leaves %q", left)
	}
}

// testCompletion has a shell ask what may follow.
func testCompletion(t *testing.T, at string) {
	script := filepath.Join(at, "share/bash-completion/completions/simplemsgr")
	out := command(t, at, []string{"PATH=" + filepath.Join(at, "bin") + ":" + os.Getenv("PATH")},
		"bash", "-c", `_get_comp_words_by_ref() { :; }
			_init_completion() { words=(simplemsgr osd-); cword=1; cur=osd-; prev=simplemsgr; }
			source "$1"
			COMP_WORDS=(simplemsgr osd-) COMP_CWORD=1 COMP_LINE="simplemsgr osd-" COMP_POINT=15
			__start_simplemsgr simplemsgr && printf '%s\n' "${COMPREPLY[@]}"`, "bash", script)
	if !strings.Contains(out, "osd-put") || !strings.Contains(out, "osd-get") ||
		strings.Contains(out, "ping") {
		t.Errorf("behind \"simplemsgr osd-\" bash offers %q", out)
	}
}

func TestInstallRefuses(t *testing.T) {
	needsTime(t)
	for _, tc := range []struct{ prefix, arg, want string }{
		{"usr", "--uninstall", "no whole path"}, {"/usr", "--all", "usage"},
	} {
		_, stderr, err := try(root, []string{"DESTDIR=" + t.TempDir(), "PREFIX=" + tc.prefix},
			"scripts/install", tc.arg)
		if err == nil || !strings.Contains(stderr, tc.want) {
			t.Errorf("%+v: %v, %q", tc, err, stderr)
		}
	}
}
