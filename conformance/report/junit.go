package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/wire"
)

// JUnit is the report that build servers read. Jenkins, GitLab and their like agree on a form that
// was never written down but in readers: https://github.com/testmoapp/junitxml collects it.
type JUnit struct {
	Run
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`

	took time.Duration
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Classname string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitFailure `xml:"failure"`
	Skipped   *junitSkipped `xml:"skipped"`
	Output    string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// Write writes the report: a suite for each group, in which what is unsupported or inconclusive is
// skipped. The story of a failure is its text; the control characters that XML cannot have are
// escapes as those of Go.
func (j *JUnit) Write(w io.Writer, r *conformance.Report) error {
	all := junitSuites{Name: "conformance of " + visibleLine(r.Target), Tests: len(r.Results),
		Failures: r.Failed(), Time: seconds(r.Took)}
	byGroup := make(map[string]int)
	for _, result := range r.Results {
		group := result.Case.Group()
		at, found := byGroup[group]
		if !found {
			at = len(all.Suites)
			byGroup[group] = at
			all.Suites = append(all.Suites, junitSuite{Name: visibleLine(group),
				Timestamp:  r.Began.UTC().Format("2006-01-02T15:04:05"),
				Properties: j.properties(r)})
		}
		all.Suites[at].add(j.testCase(r, result), result.Took)
	}
	for _, s := range all.Suites {
		all.Skipped += s.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase, took time.Duration) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	s.took += took
	s.Time = seconds(s.took)
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

func (j *JUnit) properties(r *conformance.Report) []junitProperty {
	about := j.about(r, len(r.Results))
	return []junitProperty{{"target", visibleLine(r.Target)}, {"role", string(r.Role)},
		{"capabilities", strings.Join(r.Capabilities, "; ")},
		{"kit", about.Versions["kit"]}, {"protocol", wire.Banner},
		{"seed", fmt.Sprint(r.Seed)}, {"strict", fmt.Sprint(r.Strict)}}
}

func (j *JUnit) testCase(report *conformance.Report, r *conformance.Result) junitCase {
	c := junitCase{Name: visibleLine(r.Case.Name), Time: seconds(r.Took),
		Classname: "conformance." + string(report.Role) + "." + visibleLine(r.Case.Group())}
	reason := visibleLine(r.Reason)
	switch {
	case r.Failed(report.Strict):
		c.Failure = &junitFailure{Message: r.Rule + ": " + reason, Type: string(r.Verdict),
			Text: "\n" + j.text(r)}
	case r.Verdict == conformance.Unsupported, r.Verdict == conformance.Inconclusive:
		c.Skipped = &junitSkipped{Message: string(r.Verdict) + ": " + reason}
	case r.Verdict == conformance.NonStrict:
		c.Output = string(r.Verdict) + ": " + reason
	}
	return c
}

// text returns the story of a failure.
func (j *JUnit) text(r *conformance.Result) string {
	var b strings.Builder
	t := Text{Run: j.Run, W: &b}
	t.story(r)
	return b.String()
}

// seconds is how JUnit has durations.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
