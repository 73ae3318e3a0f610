package browsertest

import (
	"context"
	_ "embed" // axe-core
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed axe/axe.min.js
var axe string

// openAll opens each case and each frame.
const openAll = `document.querySelectorAll("#list h3 button[aria-expanded=false]").forEach((b) => b.click());
document.querySelectorAll("#list button.said[aria-expanded=false]").forEach((b) => b.click());
document.querySelectorAll(".fields tr:nth-child(2) button").forEach((b) => b.click()); true`

// openSome opens each case, and of its frames the first ones: axe-core takes its time, and learns
// nothing new from the twentieth.
const openSome = `document.querySelectorAll("#list h3 button[aria-expanded=false]").forEach((b) => b.click());
document.querySelectorAll("#list li:nth-child(-n+3) .ladder > li:first-child button.said[aria-expanded=false]").forEach((b) => b.click());
document.querySelectorAll("#list li:first-child .fields tr:nth-child(2) button").forEach((b) => b.click()); true`

// findings are what axe-core finds, best practices among it.
func findings(t *testing.T, ctx context.Context) []string {
	t.Helper()
	return eval[[]string](t, ctx, `axe.run(document, {resultTypes: ["violations"]}).then((r) =>
		r.violations.map((v) => v.id + ": " + v.help + ": " +
			v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + " " + n.failureSummary).join(" | ")))`)
}

func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	// Of a page that is very long there is none as a whole.
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if strings.HasSuffix(name, "-first") {
		png, err = chromedp.Run(ctx, chromedp.FullScreenshot(100))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestPageIsForEverybody(t *testing.T) {
	ctx := browser(t)
	for page, url := range map[string]string{"page": written(t, played(t)),
		"hostile": written(t, hostile())} {
		some := looks
		if testing.Short() {
			some = looks[:1] // light and wide; axe takes half a minute for each
		}
		if page == "hostile" {
			some = looks[1:3]
		}
		for _, l := range some {
			l.see(t, ctx)
			run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(url))
			eval[bool](t, ctx, axe+"; true")
			for _, state := range []string{"first", "open"} {
				name := fmt.Sprintf("%s-%s-%d-%s", page, l.scheme, l.width, state)
				if state == "open" {
					eval[bool](t, ctx, openSome)
				}
				for _, f := range findings(t, ctx) {
					t.Errorf("%s: %s", name, f)
				}
				eval[bool](t, ctx, map[string]string{"first": "true", "open": openAll}[state])
				w := eval[int64](t, ctx, "document.documentElement.scrollWidth")
				if w > l.width {
					t.Errorf("%s: it is %d pixels wide", name, w)
				}
				picture(t, ctx, name)
			}
		}
	}
}

// Nothing of the target becomes markup, and the page asks nobody for anything.
func TestPageOfAHostileTarget(t *testing.T) {
	ctx := browser(t)
	complaints := open(t, ctx, written(t, hostile()))
	eval[bool](t, ctx, openAll)
	wants(t, ctx, `typeof pwned === "undefined"`)
	wants(t, ctx, `document.querySelectorAll("img, b, textarea").length === 0`)
	wants(t, ctx, `document.querySelectorAll("script").length === 2`)
	wants(t, ctx, `document.querySelectorAll("#list > li").length === 5`)
	wants(t, ctx, `document.querySelector("header code").textContent.includes("</script><script>pwned=1")`)
	wants(t, ctx, `!document.querySelector("main").textContent.includes("\u202e")`)
	// What is not in the page as it was written is not run.
	wants(t, ctx, `(() => { const s = document.createElement("script"); s.textContent = "pwned=4";
		document.body.append(s); document.body.insertAdjacentHTML("beforeend", "<p onclick=pwned=5 id=p>");
		document.getElementById("p").click(); return typeof pwned === "undefined"; })()`)
	for _, c := range complaints.get() {
		if !strings.Contains(c, "Content Security Policy") { // of those two
			t.Error(c)
		}
	}
}

func TestPageComplainsOfNothing(t *testing.T) {
	ctx := browser(t)
	complaints := open(t, ctx, written(t, played(t)))
	eval[bool](t, ctx, openAll)
	for _, c := range complaints.get() {
		t.Error(c)
	}
}

const shown = `document.getElementById("shown").textContent`

func TestPageIsFiltered(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, written(t, played(t)))
	is := func(want string) {
		t.Helper()
		if got := eval[string](t, ctx, shown); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		n := eval[int](t, ctx, `[...document.querySelectorAll("#list > li")].filter((e) => e.offsetParent).length`)
		if !strings.HasPrefix(want, fmt.Sprint(n)) && want != fmt.Sprintf("All %d cases", n) {
			t.Errorf("%d are there, want %s", n, want)
		}
	}
	reset := func() {
		t.Helper()
		run(t, ctx, chromedp.Click(`form button[type=reset]`))
		until(t, ctx, shown+`[0] === "A"`)
	}
	is("All 6 cases")
	run(t, ctx, chromedp.Click(`#verdicts input[value=fail]`))
	is("4 of 6 cases")
	reset()
	is("All 6 cases")
	run(t, ctx, chromedp.SendKeys("#text", "keepalive2_ACK stamp"))
	is("1 of 6 cases")
	reset()
	run(t, ctx, chromedp.Click(`#matrix td[data-group=accept][data-verdict=fail] button`))
	is("1 of 6 cases")
	wants(t, ctx, `document.activeElement.id === "cases"`)
	reset()
	run(t, ctx, chromedp.Focus("#rule"), chromedp.SendKeys("#rule", "V1-ACCEPT-6"))
	is("2 of 6 cases")
	run(t, ctx, chromedp.Focus("#group"), chromedp.SendKeys("#group", "message"))
	is("0 of 6 cases")
}

// Who has no mouse gets everywhere, and sees where he is.
func TestPageByKeyboard(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, written(t, played(t)))
	visited := map[string]bool{}
	for range 80 {
		run(t, ctx, chromedp.KeyEvent(kb.Tab))
		visited[eval[string](t, ctx, `(() => { const e = document.activeElement;
			return e.className || e.id || e.type || e.tagName; })()`)] = true
		wants(t, ctx, `document.activeElement === document.body ||
			getComputedStyle(document.activeElement).outlineStyle === "solid"`)
	}
	for _, want := range []string{"skip", "text", "group", "rule", "checkbox", "reset", "said",
		"copy", "dump"} {
		if !visited[want] {
			t.Errorf("Tab does not come to %s: %v", want, visited)
		}
	}
	button := `document.querySelector("#list li:last-child h3 button")`
	eval[bool](t, ctx, button+`.focus(); true`)
	run(t, ctx, chromedp.KeyEvent(kb.Enter))
	wants(t, ctx, button+`.getAttribute("aria-expanded") === "true"`)
	wants(t, ctx, `document.querySelector("#list li:last-child .steps li:last-child").textContent.includes("expect msg")`)
	wants(t, ctx, `location.hash === "#case=accept/new"`)
	run(t, ctx, chromedp.KeyEvent(" "))
	wants(t, ctx, button+`.getAttribute("aria-expanded") === "false"`)
	eval[bool](t, ctx, `document.querySelector("#verdicts input").focus(); true`)
	run(t, ctx, chromedp.KeyEvent(" "))
	wants(t, ctx, shown+` === "4 of 6 cases"`)
}

// What is wrong is open at once: the broken step, the frame, the field, its bytes.
func TestPageTellsTheStory(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, written(t, played(t))+"#case=accept/wrong")
	wants(t, ctx, `document.activeElement.textContent.includes("accept/wrong")`)
	story := `document.activeElement.closest("li")`
	for selector, want := range map[string]string{
		".rule":              "A connect with connect_seq above 0",
		".steps .broken":     "expect reply tag=RESETSESSION",
		".steps .later":      "send connect connect_seq=0",
		".wanted":            "tag=RESETSESSION",
		".got":               "tag=READY",
		".halt":              "Here it broke",
		".fields tr.chosen":  "READY",
		".detail > p.mono":   "tag: offset 0, 1 byte: 01",
		".dump i.chosen":     "01",
		".again":             "--run accept/wrong",
		".output":            "peer connected",
		".ladder li .hidden": "target to kit",
	} {
		wants(t, ctx, fmt.Sprintf(`%s.querySelector(%q).textContent.includes(%q)`, story, selector,
			want))
	}
	wants(t, ctx, story+`.querySelectorAll(".dump i.chosen").length === 1`)
	run(t, ctx, chromedp.Click(`//*[contains(@class, "detail")]//button[text()="features"]`))
	wants(t, ctx, story+`.querySelector(".dump i.chosen").textContent.split(" ").length === 8`)
	wants(t, ctx, `document.querySelector(".fields button[aria-pressed=true]").textContent === "features"`)
	// By a link within the page too, also to what is filtered away.
	run(t, ctx, chromedp.SendKeys("#text", "no such thing"))
	wants(t, ctx, shown+` === "0 of 6 cases"`)
	eval[bool](t, ctx, `location.hash = "#case=message/sockets"; true`)
	until(t, ctx, shown+`[0] === "A"`)
	story = `document.activeElement.closest("li")`
	wants(t, ctx, story+`.querySelectorAll(".chip").length > 10`)
	wants(t, ctx, `[...`+story+`.querySelectorAll(".chip")].some((c) => c.textContent === "socket a, opened again, 2")`)
	wants(t, ctx, `new Set([...`+story+`.querySelectorAll(".ladder .arrow")].map((a) =>
		getComputedStyle(a, "::before").borderTopColor)).size === 3`)
}

func TestPageCopiesTheCommand(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, written(t, played(t)))
	eval[bool](t, ctx, `navigator.clipboard.writeText = async (s) => { copied = s; }; true`)
	run(t, ctx, chromedp.Click("button.copy"))
	until(t, ctx, `document.getElementById("said").textContent`)
	wants(t, ctx, `copied === "simplemsgr conform server --exec './my-server {listen}' --run accept/wrong"`)
	wants(t, ctx, `document.querySelector(".copy").textContent === "Copied"`)
}
