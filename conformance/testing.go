package conformance

import (
	"strings"
	"testing"
)

// Run runs the cases of the target's role as subtests of t: a failure fails, what is unsupported or
// inconclusive is skipped with the reason. Options may be left out; of several the first counts.
func Run(t *testing.T, target *Target, options ...Options) {
	t.Helper()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	report, err := Check(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		t.Run(r.Case.Name, func(t *testing.T) {
			switch {
			case r.Failed(o.Strict):
				rule, _ := RuleByID(r.Rule)
				t.Errorf("%s\nrule %s (%s): %s\n%s", r.Reason, rule.ID, rule.Level, rule.Text,
					strings.TrimSpace(r.Case.String()))
			case r.Verdict == Unsupported, r.Verdict == Inconclusive:
				t.Skipf("%s: %s", r.Verdict, r.Reason)
			case r.Verdict == NonStrict:
				t.Logf("%s: %s", r.Verdict, r.Reason)
			}
		})
	}
}
