package conformtest

import (
	"bufio"
	_ "embed" // deviations.txt
	"flag"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"simplemessenger/conformance"
	"simplemessenger/internal/test/realpeer"
)

// genuine is a messenger of Ceph's.
type genuine struct {
	name    string // of release and messenger
	release string
	msType  string // empty for the release's own
}

func genuines(t *testing.T) []genuine {
	t.Helper()
	var all []genuine
	for _, release := range realpeer.Releases(t) {
		if release == realpeer.Nautilus {
			all = append(all, genuine{"14.2 simple", release, "simple"},
				genuine{"14.2 async", release, "async+posix"})
			continue
		}
		all = append(all, genuine{release, release, ""})
	}
	return all
}

// start starts a cluster that has that messenger.
func (g genuine) start(t *testing.T, osds int) *realpeer.Cluster {
	t.Helper()
	o := realpeer.Options{Release: g.release, OSDs: osds}
	if g.msType != "" {
		o.Set = map[string]string{"ms_type": g.msType}
	}
	return realpeer.Start(t, o)
}

var whole = flag.Bool("whole", false,
	"every role of every genuine messenger, with cephx too: ten minutes and more")

// plays tells whether a role is tried without -whole: the genuine SimpleMessenger and the newest
// release as servers. The rest is for make conform-matrix, and for who changes the kit.
func (g genuine) plays(role conformance.Role) bool {
	return *whole || role == conformance.RoleServer && (g.msType == "simple" || g.release == reef)
}

var together = flag.Bool("together", false, "genuine messengers side by side: for many processors")

// TestGenuine: what a genuine messenger fails is known. They come one after the other, since each
// takes two processors.
func TestGenuine(t *testing.T) {
	known := deviations(t)
	for _, g := range genuines(t) {
		t.Run(g.name, func(t *testing.T) {
			if *together {
				t.Parallel()
			}
			if !g.plays(conformance.RoleServer) {
				return
			}
			cluster := g.start(t, 0)
			script, err := filepath.Abs("../../../scripts/real-peer.d/equal-of")
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range []struct {
				name string
				role conformance.Role
				args []string
			}{
				// A monitor whose equal is nobody, and one whose equal is the kit.
				{"mon", conformance.RoleServer, []string{script, cluster.Dir, "{listen}",
					"127.0.0.1:9"}},
				{"mon", conformance.RoleClient, []string{script, cluster.Dir, "-",
					"{addr}"}},
				{"mon", conformance.RolePeer, []string{script, cluster.Dir, "{listen}", "{addr}"}},
			} {
				if !g.plays(run.role) {
					continue
				}
				t.Run(string(run.role), func(t *testing.T) {
					kit := places(parallel + 1) // one more for a case that runs again
					whom := tested{g.name, run.name, known, run.role}
					judge(t, whom, conformance.Options{}, func() (*conformance.Target, func()) {
						target := conformance.Program(run.role, run.args...)
						if run.role == conformance.RoleClient {
							target.Listen = kit.listen
						}
						return &target.Target, target.Close
					})
				})
			}
		})
	}
}

// parallel is how many cases run at the same time against a genuine messenger.
const parallel = 8

// deviation is a row of deviations.txt: who does not keep a rule, where it is seen, and why.
type deviation struct{ name, role, pattern, why string }

//go:embed deviations.txt
var deviationsText string

func deviations(t *testing.T) []deviation {
	t.Helper()
	var all []deviation
	lines := bufio.NewScanner(strings.NewReader(deviationsText))
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			f := strings.SplitN(line, "|", 4)
			if len(f) != 4 {
				t.Fatalf("deviations.txt: %q is not NAME | ROLE | CASE | WHY", line)
			}
			all = append(all, deviation{strings.TrimSpace(f[0]), strings.TrimSpace(f[1]),
				strings.TrimSpace(f[2]), strings.TrimSpace(f[3])})
		}
	}
	return all
}

// reason returns why a genuine messenger fails a case, empty if nobody knows.
func (whom *tested) reason(r *conformance.Result) string {
	for _, d := range whom.known {
		if (fits(d.name, whom.name) || fits(d.name, whom.name+" "+whom.program)) &&
			fits(d.role, r.Case.Role) && fits(d.pattern, r.Case.Name) {
			return d.why
		}
	}
	return ""
}

func fits(pattern, name string) bool {
	matched, err := path.Match(pattern, name)
	return err == nil && matched
}
