package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// kitTimeout is how long the kit waits in each step: short, since a bug may make hundreds of steps wait in vain.
	kitTimeout = time.Second
	// runTimeout bounds one run of the kit. What has failed until then counts.
	runTimeout = 90 * time.Second
	// kitCases is how many cases the kit plays at a time: most of those that fail only wait.
	kitCases = 24
)

// kitRun is one way in which the kit meets the command: as whom, and how the command is started.
type kitRun struct {
	name, role string
	args       []string
	require    string // what the command can do in that role, without bugs
}

// kitRuns are all of them.
func kitRuns() []kitRun {
	var all []kitRun
	for _, engine := range []string{"simple", "async"} {
		suffix := ""
		if engine != "simple" {
			suffix = ", " + engine
		}
		add := func(name, role, policy string, args ...string) {
			args = append([]string{"serve", "--engine", engine, "--policy", policy}, args...)
			require := map[string]string{"stateless-server": "lossy,echo,mirror",
				"lossy-client": "lossy,calls,reopens", "lossless-client": "lossless,calls,returns"}[policy]
			if require == "" {
				require = "lossless,echo,mirror"
			}
			if role == "peer" {
				require = "lossless,calls,returns"
			}
			all = append(all, kitRun{name + suffix, role, args, require})
		}
		call := []string{"--call", "{kit}", "--call-interval", "50ms"}
		alone := append([]string{"--bind", "nowhere"}, call...)
		both := append([]string{"--bind", "{listen}"}, call...)
		add("server lossy", "server", "stateless-server", "--bind", "{listen}")
		add("server stateful", "server", "stateful-server", "--bind", "{listen}")
		add("server equal", "server", "lossless-peer", "--bind", "{listen}")
		add("client lossy", "client", "lossy-client", alone...)
		add("client lossless", "client", "lossless-client", alone...)
		add("peer", "peer", "lossless-peer", both...)
	}
	return all
}

// finding is a case that did not pass.
type finding struct{ name, verdict, rule, reason string }

// play has the kit of a trusted binary test another one, and returns what did not pass. With a rule only the cases that name it are
// played, and with more patience.
func (r kitRun) play(kit, target, rule string) ([]finding, error) {
	ctx, cancel := context.WithTimeout(context.Background(), runTimeout)
	defer cancel()
	arguments := []string{"conform", r.role, "--json", "--require", r.require, "--exec", strings.Join(append([]string{target}, r.args...), " ")}
	if rule == "" {
		arguments = append(arguments, "--timeout", kitTimeout.String(), "--parallel", fmt.Sprint(kitCases))
	} else {
		arguments = append(arguments, "--rule", rule)
	}
	command := exec.CommandContext(ctx, kit, arguments...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // it ends what it has started
	command.WaitDelay = 10 * time.Second
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	found, lines, parseErr := findings(out)
	switch {
	case parseErr != nil:
		return nil, parseErr
	case lines == 0 && rule != "" && err == nil: // it is cited in cases that do not name it
		return r.play(kit, target, "")
	case lines == 0:
		return nil, fmt.Errorf("the kit has tried nothing: %v: %s", err, complaint.String())
	}
	return found, nil
}

// findings reads a report of the kit. lines counts its results.
func findings(out []byte) (found []finding, lines int, err error) {
	scanner := bufio.NewScanner(bytes.NewReader(out))
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var line struct {
			Type, Case, Verdict, Reason string
			Rule                        struct{ ID string }
		}
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			var kind struct{ Type string }
			if json.Unmarshal(scanner.Bytes(), &kind) == nil && kind.Type != "result" {
				continue // of another form
			}
			return nil, 0, fmt.Errorf("report of the kit: %w", err)
		}
		if line.Type != "result" {
			continue
		}
		lines++
		if line.Verdict != "pass" && line.Verdict != "unsupported" {
			found = append(found, finding{line.Case, line.Verdict, line.Rule.ID, line.Reason})
		}
	}
	return found, lines, scanner.Err()
}

// build makes the command of a tree. Without paths in it a package that is the same in two trees is compiled once.
func build(tree, name string) (path, complaint string) {
	path = filepath.Join(tree, name)
	command := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "./cmd/simplemsgr")
	command.Dir = tree
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Sprintf("%v\n%s", err, out)
	}
	return path, ""
}

// tally counts findings by rule, the most frequent ones first.
func tally(found []finding) string {
	count := map[string]int{}
	for _, f := range found {
		count[f.rule]++
	}
	ids := make([]string, 0, len(count))
	for id := range count {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	var words []string
	for i, id := range ids {
		if i == 8 {
			words = append(words, fmt.Sprintf("and %d rules more", len(ids)-i))
			break
		}
		words = append(words, fmt.Sprintf("%d %s", count[id], strings.TrimPrefix(id, "V1-")))
	}
	return strings.Join(words, ", ")
}
