package lab8

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance"
	"simplemessenger/conformance/report"
	"simplemessenger/conformance/script"
	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

const (
	// patience is how long a step of a case waits, whichever server is played against.
	patience = 2 * time.Second
	// longPatience is that of a case of the kit that is played once more.
	longPatience = conformance.DefaultTimeout
	// checkTime is how long the kit may take for what is played at once.
	checkTime = 18 * time.Second
)

// run plays cases. An error that is not a story is that of ctx, which ends it at once.
func run(ctx context.Context, target *conformance.Target, options conformance.Options) (
	*conformance.Report, error) {
	limited, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	report, err := conformance.Check(limited, until(limited, target), options)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if report != nil && len(report.Results) > 0 {
		return report, nil // what did not end in time is inconclusive, and says so
	}
	if err == nil {
		err = errors.New("no case was played")
	}
	return nil, &grade.Story{Asked: "play a case against the server",
		Expected: "a server that answers", Got: err.Error()}
}

// until is a target whose sockets are closed when ctx ends: nobody reads on for as long as a step
// may wait.
func until(ctx context.Context, target *conformance.Target) *conformance.Target {
	closing := *target
	closing.Start = func(starting context.Context, kit wire.EntityAddr) (*conformance.Instance,
		error) {
		instance, err := target.Start(starting, kit)
		if err != nil {
			return nil, err
		}
		dial := instance.Dial
		instance.Dial = func(dialing context.Context) (net.Conn, error) {
			conn, err := dial(dialing)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		}
		return instance, nil
	}
	return &closing
}

// check plays one case.
func check(ctx context.Context, target *conformance.Target, c *script.Case,
	patience time.Duration) (*conformance.Result, error) {
	report, err := run(ctx, target,
		conformance.Options{Cases: []*script.Case{c}, Timeout: patience})
	if err != nil {
		return nil, err
	}
	return report.Results[0], nil
}

// mustPass wants a student's scenario to pass.
func mustPass(ctx context.Context, target *conformance.Target, c *script.Case,
	against, why string) error {
	result, err := check(ctx, target, c, patience)
	if err == nil && result.PerhapsSlow() {
		result, err = check(ctx, target, c, patience)
	}
	if err != nil || right(result) {
		return err
	}
	return &grade.Story{Asked: "the case " + c.Name + ", played against " + against,
		Expected: "it passes", Got: verdict(result), Fields: tell(result), Why: why}
}

// passAll wants cases of the kit to pass, by name, but for those that want a lossy session.
func passAll(ctx context.Context, target *conformance.Target, names []string, why string) error {
	options := conformance.Options{Run: names, Timeout: patience, Parallel: 4,
		Skip: []string{"message/8-mib", "ack/thousands"}} // which take their time
	for _, c := range options.Select() {
		if c.Policy != "lossy" {
			options.Cases = append(options.Cases, c)
		}
	}
	played, err := run(ctx, target, options)
	if err != nil {
		return err
	}
	for _, result := range played.Results {
		if !right(result) && result.PerhapsSlow() {
			if result, err = check(ctx, target, result.Case, longPatience); err != nil {
				return err
			}
		}
		if !right(result) {
			return &grade.Story{
				Asked:    "the case " + result.Case.Name + ", played against your server",
				Expected: "it passes: " + result.Case.About,
				Got:      verdict(result), Fields: tell(result), Why: why}
		}
	}
	return nil
}

// right tells whether a result is as it is to be. What genuine messengers do as well is right.
func right(result *conformance.Result) bool {
	return result.Verdict == conformance.Pass || result.Verdict == conformance.NonStrict
}

// verdict says what the verdict is, and why.
func verdict(result *conformance.Result) string {
	if result.Reason == "" {
		return string(result.Verdict)
	}
	return string(result.Verdict) + ": " + result.Reason
}

// tell says step by step and frame by frame what happened.
func tell(result *conformance.Result) []string {
	var b strings.Builder
	text := report.Text{W: &b, Verbose: true, Strict: true}
	text.Result(result)
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
}
