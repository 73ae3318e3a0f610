package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
)

func pageOf(t *testing.T, r *conformance.Report) string {
	t.Helper()
	var b strings.Builder
	if err := (&Page{Run: about}).Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// internal/test/browsertest looks at it in a browser.
func TestPage(t *testing.T) {
	page := pageOf(t, played(t, cases, conformance.Options{}))
	for _, want := range []string{
		"<title>2 of 5 failed: conformance of 10.0.0.1:6800</title>",
		`content="default-src &#39;none&#39;; script-src &#39;sha256-`,
		`<td class="fail" data-group="wrong" data-verdict="fail">2</td>`,
		`"case":"wrong/new"`, `"level":"must"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	for _, r := range []*regexp.Regexp{regexp.MustCompile(`(src|href)="?https?:`),
		regexp.MustCompile(`url\(|@import|fetch\(|innerHTML|eval\(|document\.write`),
		regexp.MustCompile(` on[a-z]+=| style=`)} {
		if found := r.FindString(page); found != "" {
			t.Errorf("it has %s", found)
		}
	}
}

// Nothing that the target says can end the element that it is in.
func TestPageOfAHostileTarget(t *testing.T) {
	plain := pageOf(t, hostile("harmless"))
	page := pageOf(t, hostile(`</script><!--<script>x</style></title>"'><img src=x>`))
	for _, tag := range []string{"<script", "</script", "<!--", "<img", "</style", "</title"} {
		if got, want := strings.Count(page, tag), strings.Count(plain, tag); got != want {
			t.Errorf("%d of %s, want %d", got, tag, want)
		}
	}
}

func hostile(evil string) *conformance.Report {
	c := &script.Case{Name: evil + "/" + evil, About: evil, Rules: []string{evil},
		Steps: []script.Step{{Verb: evil}}}
	r := &conformance.Result{Case: c, Verdict: conformance.Fail, Step: 0, Rule: evil, Reason: evil,
		Output: evil, Chunks: []conformance.Chunk{{Socket: evil, Connection: 1, Dialed: true,
			Bytes: []byte("ceph v0" + evil)}}}
	return &conformance.Report{Target: evil, Role: conformance.RoleServer,
		Capabilities: []string{evil}, Results: []*conformance.Result{r}}
}

// A run of 300 cases makes a page that a browser opens at once, whatever the target has sent.
func TestPageIsBounded(t *testing.T) {
	for verdict, limit := range map[conformance.Verdict]int{conformance.Pass: 6 << 20,
		conformance.Fail: 10 << 20} {
		r := flooded(1000)
		one := r.Results[0]
		one.Verdict = verdict
		for i := range one.Chunks {
			one.Chunks[i].Bytes = greeting
		}
		for i := range 299 {
			other := *one
			c := *one.Case
			c.Name = fmt.Sprintf("a/flood%d", i)
			other.Case = &c
			r.Results = append(r.Results, &other)
		}
		page := pageOf(t, r)
		if len(page) > limit || !strings.Contains(page, `{"left_out":985}`) {
			t.Errorf("%s: %d bytes", verdict, len(page))
		}
	}
}
