package browsertest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"simplemessenger/conformance/report"
	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view"
	"simplemessenger/internal/command/view/recording"
)

// shownView serves the live page until the test ends.
func shownView(t *testing.T, runs []recording.Recorded, engines ...string) (url string) {
	t.Helper()
	options := view.Options{Runs: runs}
	for _, name := range engines {
		var e engine.Engine
		if err := e.Set(name); err != nil {
			t.Fatal(err)
		}
		options.Engines = append(options.Engines, e)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	options.Ready = func(url string) { ready <- url }
	go func() { ended <- view.Serve(ctx, options) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case url = <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	return url
}

// pressed clicks the button of that text.
func pressed(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	eval[bool](t, ctx, fmt.Sprintf(`[...document.querySelectorAll("button")].find((b) =>
		b.textContent.includes(%q)).click(); true`, text))
}

const (
	// atOnce has everything shown as soon as it comes.
	atOnce = `document.getElementById("speed").value = "0"; startPlaying(); true`
	// calm: whatever was asked for has happened, and is shown. It is for what comes last.
	atEnd = `state.now === model.shown.length - 1 && `
	// hasFrame tells whether a frame of that name is in the run, and has arrived.
	hasFrame = `model.steps.some((s, n) => s.frame && s.frame.name === %q && model.arrivals.has(n))`
	// toFrame goes to the first frame of that name, as a click on its row does.
	toFrame = `goTo(model.shown.findIndex((n) => (model.steps[n].frame || {}).name === %q)); true`
	said    = `document.getElementById("said").textContent`
	told    = `document.getElementById("told").textContent`
	lanes   = `document.getElementById("lanes").textContent`
	drawn   = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`
)

// cutAgain is no reason to go on: it cuts, and again if nothing has come of that for a while, as a
// socket of a race may end before it is cut.
const cutAgain = ` || performance.now() - (window.cutAt ?? -1e9) > 3000 &&
	(window.cutAt = performance.now(), [...document.querySelectorAll("button")].find((b) =>
		b.textContent.includes("Cut there")).click(), false)`

func TestViewLooks(t *testing.T) {
	ctx := browser(t)
	url := shownView(t, nil, "simple", "async")
	for _, l := range looks {
		l.see(t, ctx)
		run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(url))
		until(t, ctx, `typeof model !== "undefined" && model.run`)
		eval[bool](t, ctx, axe+"; true")
		eval[bool](t, ctx, atOnce)
		if l == looks[0] {
			pressed(t, ctx, "Both dial at once")
			until(t, ctx, `model.decided.length > 2`)
			until(t, ctx, fmt.Sprintf(hasFrame, "SEQ")+cutAgain)
		}
		until(t, ctx, atEnd+fmt.Sprintf(hasFrame, "ACK"))
		if l == looks[0] || l == looks[3] {
			pressed(t, ctx, "Hold back acks")
			pressed(t, ctx, "osd.0 sends 3")
			until(t, ctx, atEnd+`model.steps.some((s) => s.name === "ack_held")`)
			eval[bool](t, ctx, drawn)
			picture(t, ctx, fmt.Sprintf("view-%s-%d-held-first", l.scheme, l.width))
		}
		eval[bool](t, ctx, fmt.Sprintf(toFrame, "CONNECT"))
		eval[bool](t, ctx, drawn)
		name := fmt.Sprintf("view-%s-%d", l.scheme, l.width)
		if l == looks[0] || l == looks[3] { // each width and each scheme
			for _, f := range findings(t, ctx) {
				t.Errorf("%s: %s", name, f)
			}
		}
		if w := eval[int64](t, ctx, "document.documentElement.scrollWidth"); w > l.width {
			t.Errorf("%s: it is %d pixels wide", name, w)
		}
		picture(t, ctx, name+"-first")
		picture(t, ctx, name)
	}
}

// opened opens the page in a browser, has everything shown at once, and waits for the first
// messages to be acked.
func opened(t *testing.T, engines ...string) (context.Context, *complaints) {
	t.Helper()
	ctx := browser(t)
	complaints := open(t, ctx, shownView(t, nil, engines...))
	until(t, ctx, `typeof model !== "undefined" && model.run`)
	eval[bool](t, ctx, atOnce)
	until(t, ctx, atEnd+fmt.Sprintf(hasFrame, "ACK"))
	return ctx, complaints
}

// Open, look at frames, cut, see the replay, step back and on again.
func TestViewTellsTheStory(t *testing.T) {
	ctx, complaints := opened(t)
	eval[bool](t, ctx, fmt.Sprintf(toFrame, "CONNECT")+"; "+drawn)
	row := eval[string](t, ctx, `document.querySelector("#diagram .now").id`)
	for _, want := range []string{"osd.1 → osd.0", "on its way", "33 bytes", "connect_seq"} {
		wants(t, ctx, fmt.Sprintf(told+`.includes(%q)`, want))
	}
	wants(t, ctx, `document.getElementById("diagram").getAttribute("aria-activedescendant") === "`+
		row+`"`)
	wants(t, ctx, said+`.includes("osd.1 to osd.0, socket 1: CONNECT osd")`)
	wants(t, ctx, `location.hash.startsWith("#run=live-1&step=")`)
	// A field beside its bytes.
	run(t, ctx, chromedp.Click(`//*[@id="told"]//button[text()="connect_seq"]`))
	wants(t, ctx, told+`.includes("connect_seq: offset 16, 4 bytes: 00 00 00 00")`)
	wants(t, ctx, `document.querySelectorAll("#told .dump i.chosen").length === 1`)
	// The decision, and the line that made it.
	eval[bool](t, ctx, fmt.Sprintf(toFrame, "READY")+"; "+drawn)
	wants(t, ctx, `document.querySelector("#decisions .lit th").textContent === "new"`)
	wants(t, ctx, `document.getElementById("decided").textContent.includes("osd.0 answers READY")`)
	wants(t, ctx, `/^source\/decide.go#L\d+$/.test(
		document.querySelector("#decided a").getAttribute("href"))`)
	wants(t, ctx, `fetch(document.querySelector("#decided a").href).then((r) => r.text()).then((s) =>
		s.includes("CaseNew, Tag: wire.TagReady"))`)
	// A cut within a message: what was lost is sent again.
	eval[bool](t, ctx, `goTo(model.shown.length - 1); true`)
	pressed(t, ctx, "Cut there")
	until(t, ctx, atEnd+fmt.Sprintf(hasFrame, "SEQ")+` && model.steps.some((s) =>
		s.name === "message_sent" && s.text.includes("(again)"))`)
	wants(t, ctx, `model.shown.some((n) => model.steps[n].kind === "frame" &&
		fate(n, model.steps.length - 1) === "lost")`)
	// Step back: the session is what it was.
	eval[bool](t, ctx, `goTo(model.shown.findIndex((n) => model.steps[n].name === "requeued")); `+
		drawn)
	wants(t, ctx, lanes+`.includes("CONNECTING") || `+lanes+`.includes("OPEN")`)
	before := eval[string](t, ctx, lanes)
	run(t, ctx, chromedp.Click("#back"))
	eval[bool](t, ctx, drawn)
	wants(t, ctx, lanes+fmt.Sprintf(` !== %q`, before))
	run(t, ctx, chromedp.Click("#step"))
	eval[bool](t, ctx, drawn)
	wants(t, ctx, lanes+fmt.Sprintf(` === %q`, before))
	for _, c := range complaints.get() {
		t.Error(c)
	}
}

// Restart, race, stalls, acks held back; each shows what it is there to show.
func TestViewCommands(t *testing.T) {
	ctx, complaints := opened(t)
	pressed(t, ctx, "Hold back acks")
	until(t, ctx, `document.querySelector("#commands [aria-pressed=true]")`)
	pressed(t, ctx, "osd.1 sends 3")
	until(t, ctx, atEnd+`model.steps.some((s) => s.name === "ack_held")`)
	until(t, ctx, `document.querySelectorAll(".queue.unacked .boxes i").length === 3`)
	pressed(t, ctx, "Hold back acks")
	until(t, ctx, `document.querySelectorAll(".queue.unacked .boxes i").length === 0`)
	pressed(t, ctx, "Restart osd.0")
	until(t, ctx, atEnd+fmt.Sprintf(hasFrame, "RESETSESSION")+
		` && document.querySelectorAll(".badge.open").length === 2`)
	wants(t, ctx, `model.decided.some((n) => model.steps[n].case === "unknown session")`)
	pressed(t, ctx, "Both dial at once")
	until(t, ctx, atEnd+`model.decided.some((n) => model.steps[n].case.startsWith("race"))`)
	pressed(t, ctx, "Stall the network")
	until(t, ctx, `document.querySelector("#commands [aria-pressed=true]")`)
	pressed(t, ctx, "osd.1 sends 3")
	until(t, ctx, atEnd+`model.steps.at(-1).at > 0 && document.querySelectorAll(".flying").length`)
	pressed(t, ctx, "Stall the network")
	until(t, ctx, atEnd+`!document.querySelector(".flying")`)
	eval[bool](t, ctx, `document.getElementById("place").value = "reply"; true`)
	pressed(t, ctx, "Cut there")
	until(t, ctx, atEnd+`model.steps.some((s) => s.text.includes("will break behind the reply")) &&
		document.querySelectorAll(".queue.unacked .boxes i, .queue.queued .boxes i").length === 0`)
	// Another engine is another run; this one can still be looked at.
	eval[bool](t, ctx, `document.getElementById("engines").value = "async"; true`)
	pressed(t, ctx, "New run")
	until(t, ctx, atEnd+`model.run.id === "live-2" && `+fmt.Sprintf(hasFrame, "ACK"))
	until(t, ctx, lanes+`.includes("event state")`)
	eval[bool](t, ctx, fmt.Sprintf(toFrame, "CONNECT")+"; "+drawn)
	wants(t, ctx, lanes+`.includes("CONNECTING_WAIT_CONNECT_REPLY")`)
	eval[bool](t, ctx, `document.getElementById("count").value = "3"; true`)
	pressed(t, ctx, "New run")
	until(t, ctx, atEnd+`model.run.id === "live-3" && `+fmt.Sprintf(hasFrame, "ACK"))
	for _, name := range []string{"osd.1", "osd.2", "osd.0"} {
		pressed(t, ctx, name+" sends 3")
	}
	until(t, ctx, atEnd+`document.querySelectorAll(".badge.open").length === 6`)
	for _, l := range looks[1:3] {
		l.see(t, ctx)
		eval[bool](t, ctx, drawn)
		if w := eval[int64](t, ctx, "document.documentElement.scrollWidth"); w > l.width {
			t.Errorf("three messengers are %d pixels wide", w)
		}
		picture(t, ctx, fmt.Sprintf("view-three-%d-first", l.width))
	}
	// Who asks for too much reads why it is refused.
	pressed(t, ctx, "Stall the network")
	eval[bool](t, ctx, `(async () => { for (let i = 0; i < 3; i++) await command({ do: "send",
		lane: "osd.1", to: "osd.0", count: 1000 }); return true; })()`)
	wants(t, ctx, `problem.textContent.includes("at most 2000 can")`)
	picture(t, ctx, "view-refused")
	// A step that comes before the page hears of the new address does not take it away.
	eval[bool](t, ctx, `location.hash = "#run=live-1&step=20"; tell(); true`)
	until(t, ctx, `model.run.id === "live-1" && model.shown[state.now] <= 20 &&
		document.getElementById("live").hidden`)
	for _, c := range complaints.get() {
		if !strings.Contains(c, "409") { // what was refused
			t.Error(c)
		}
	}
}

// Who has no mouse does all of it.
func TestViewByKeyboard(t *testing.T) {
	ctx, _ := opened(t)
	visited := map[string]bool{}
	for range 45 {
		run(t, ctx, chromedp.KeyEvent(kb.Tab))
		visited[eval[string](t, ctx, `document.activeElement.id ||
			document.activeElement.textContent`)] = true
		wants(t, ctx, `document.activeElement === document.body ||
			document.activeElement === diagram ||
			getComputedStyle(document.activeElement).outlineStyle === "solid"`)
	}
	for _, want := range []string{"run", "first", "back", "play", "position", "speed", "level",
		"link", "Cut the socket", "Restart osd.1",
		"place", "Cut there", "engines", "count", "New run", "diagram"} {
		if !visited[want] {
			t.Errorf("Tab does not come to %s: %v", want, visited)
		}
	}
	eval[bool](t, ctx, `document.getElementById("diagram").focus(); true`)
	wants(t, ctx, `getComputedStyle(scroller).outlineStyle === "solid"`)
	key := func(key, then string) {
		t.Helper()
		run(t, ctx, chromedp.KeyEvent(key))
		eval[bool](t, ctx, drawn)
		wants(t, ctx, then)
	}
	key(kb.Home, `state.now === 0 && `+said+`.startsWith("Step 0: osd.0 starts")`)
	key(kb.ArrowDown, `state.now === 1 && back.getAttribute("aria-disabled") === "false"`)
	key(kb.ArrowRight, `state.now === 2`)
	key(kb.ArrowUp, `state.now === 1`)
	key(kb.PageDown, `state.now === 11`)
	key(kb.End, `state.now === model.shown.length - 1 &&
		step.getAttribute("aria-disabled") === "true"`)
	eval[bool](t, ctx, fmt.Sprintf(toFrame, "MSG"))
	key(kb.Enter, `document.activeElement.id === "told-title"`)
	key(kb.Tab, `document.activeElement.closest(".fields")`)
	key(kb.Enter, `document.querySelector("#told .fields [aria-pressed=true]")`)
	key(kb.Escape, `document.activeElement === diagram`)
	key(kb.Home, `state.now === 0`)
	eval[bool](t, ctx, `document.getElementById("speed").value = "1200"; true`)
	key(" ", `state.playing`)
	key(" ", `!state.playing && state.now < 5`)
}

// A lecture's picture has an address; a conversation of thousands of frames is no slower.
func TestViewOfManyFrames(t *testing.T) {
	ctx := browser(t)
	const evil = `</script><img src=x onerror=pwned=1>` + "\u202e"
	many := recording.Recorded{Run: recording.Run{ID: "many", Title: evil,
		Lanes: []recording.Lane{{Name: "a"}, {Name: evil}}}}
	for i := range 20_000 {
		s := recording.Step{Kind: recording.Frame, At: float64(i), Lane: "a", To: evil, Socket: 1,
			Text: evil, Frame: &recording.Said{Name: evil, Size: 4, Hex: "01020304",
				Fields: []recording.Field{{Name: evil, Size: 4, Value: evil}}}}
		if i%2 == 1 {
			s.Lane, s.To = s.To, s.Lane
		}
		many.Steps = append(many.Steps, s)
	}
	url := shownView(t, []recording.Recorded{many})
	complaints := open(t, ctx, url+"#run=many&step=15000")
	until(t, ctx, `typeof model !== "undefined" && state.now === 15000`)
	eval[bool](t, ctx, drawn)
	wants(t, ctx, `document.querySelector("#diagram .now").id === "row-15000"`)
	wants(t, ctx, `document.querySelectorAll("#diagram > *").length < 60`)
	wants(t, ctx, `document.querySelectorAll("img, b img").length === 0 && typeof pwned !== "number"`)
	wants(t, ctx, `!document.querySelector("main").textContent.includes("\u202e")`)
	eval[bool](t, ctx, `(async () => { for (let i = 0; i < 10; i++) { goTo(state.now + 1); await `+
		drawn+`; } return true; })()`)
	wants(t, ctx, `state.now === 15010 && document.querySelector("#diagram .now")`)
	took := eval[float64](t, ctx, `(() => { const began = performance.now();
		for (let i = 0; i < 20; i++) { state.reach = ++state.now; drawAll(); }
		return (performance.now() - began) / 20; })()`)
	t.Logf("a step of %d is drawn in %.1f ms", len(many.Steps), took)
	eval[bool](t, ctx, drawn)
	eval[bool](t, ctx, `scroller.scrollTop = 0; true`)
	until(t, ctx, `document.getElementById("row-3") && document.querySelector("#diagram .now")`)
	wants(t, ctx, `document.querySelectorAll("#diagram > *").length < 60`)
	for _, c := range complaints.get() {
		t.Error(c)
	}
}

// A capture, a failure of conformance, and a lab's verdict are shown on the same page.
func TestViewOfFiles(t *testing.T) {
	ctx := browser(t)
	for name, r := range recordedFiles(t) {
		l := looks[1]
		if name == "capture" {
			l = looks[0]
		}
		l.see(t, ctx)
		run(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(shownView(t, r)))
		until(t, ctx, `typeof model !== "undefined" && model.run && state.now >= 0`)
		eval[bool](t, ctx, axe+"; "+drawn)
		wants(t, ctx, `document.getElementById("live").hidden`)
		switch name {
		case "capture":
			eval[bool](t, ctx, `goTo(30); `+drawn)
		case "conformance":
			wants(t, ctx, told+`.includes("Expected reply: tag=RESETSESSION, seen reply: tag=READY")`)
		case "lab":
			wants(t, ctx, `model.steps.some((s) => s.text.includes("Expected 9 bytes"))`)
		}
		if name == "conformance" {
			for _, f := range findings(t, ctx) {
				t.Errorf("%s: %s", name, f)
			}
		}
		if w := eval[int64](t, ctx, "document.documentElement.scrollWidth"); w > l.width {
			t.Errorf("%s: it is %d pixels wide", name, w)
		}
		picture(t, ctx, "view-of-"+name+"-first")
	}
}

// recordedFiles are runs of files of each kind.
func recordedFiles(t *testing.T) map[string][]recording.Recorded {
	t.Helper()
	files := make(map[string][]recording.Recorded)
	var err error
	files["capture"], err = recording.Open(
		"../../../testdata/captures/14.2.21-simple-none-3mon-election.pcap")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	json := report.JSON{W: &b}
	for _, result := range played(t).Results {
		if err := json.Result(result); err != nil {
			t.Fatal(err)
		}
	}
	if files["conformance"], err = recording.Read("report", b.Bytes()); err != nil {
		t.Fatal(err)
	}
	files["lab"], err = recording.Read("lab", []byte(`{"lab": 1, "points": 10, "of": 100,
		"steps": [{"name": "numbers", "state": "passed"}, {"name": "banner", "state": "failed"}],
		"story": {"asked": "banner", "expected": "9 bytes", "got": "8 bytes", "why": "Short.",
			"before": ["number 1 → 01"]}, "section": "protocol.md#banner"}`))
	if err != nil {
		t.Fatal(err)
	}
	return files
}
