package browsertest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

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
			pressed(t, ctx, "Cut within a message")
			until(t, ctx, fmt.Sprintf(hasFrame, "SEQ"))
		}
		until(t, ctx, atEnd+fmt.Sprintf(hasFrame, "ACK"))
		eval[bool](t, ctx, fmt.Sprintf(toFrame, "CONNECT"))
		eval[bool](t, ctx, drawn)
		name := fmt.Sprintf("view-%s-%d", l.scheme, l.width)
		for _, f := range findings(t, ctx) {
			t.Errorf("%s: %s", name, f)
		}
		if w := eval[int64](t, ctx, "document.documentElement.scrollWidth"); w > l.width {
			t.Errorf("%s: it is %d pixels wide", name, w)
		}
		picture(t, ctx, name+"-first")
		picture(t, ctx, name)
	}
}

var _ = kb.Tab
var _ = strings.Contains
