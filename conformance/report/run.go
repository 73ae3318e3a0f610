package report

import (
	"strings"

	"simplemessenger/conformance"
)

// Run is what reports tell beside the results.
type Run struct {
	// Version is that of the kit, for whoever compares two reports.
	Version string
	// Command returns the command that runs just this case again; nil if there is none.
	Command func(name string) string
	// Capture returns where the case's capture was written, empty if nowhere. It may be nil.
	Capture func(name string) string
}

func (r *Run) command(name string) string {
	if r.Command == nil {
		return ""
	}
	return r.Command(name)
}

func (r *Run) capture(name string) string {
	if r.Capture == nil {
		return ""
	}
	return r.Capture(name)
}

// isStory tells whether there is something to be explained: a verdict that is neither pass nor a
// lack of what the case needs.
func isStory(r *conformance.Result) bool {
	return r.Verdict != conformance.Pass && r.Verdict != conformance.Unsupported
}

// expectedAndSeen parts a reason into what was expected and what came; the first is empty if the
// reason does not say it, as that of a messenger which does not greet any more.
func expectedAndSeen(reason string) (expected, seen string) {
	before, rest, found := strings.Cut(reason, "expected ")
	if !found || before != "" && !strings.HasSuffix(before, ": ") {
		return "", reason
	}
	expected, seen, found = strings.Cut(rest, ", got ")
	if !found {
		if expected, seen, found = strings.Cut(rest, ": "); !found {
			return "", reason
		}
	}
	return before + expected, before + seen
}
