package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Words tell what they mean, to who has a mouse and to who has none, in the words of the glossary.
func TestViewExplainsWords(t *testing.T) {
	ctx, complaints := opened(t)
	const tip, focused = `document.getElementById("tip")`, `document.activeElement`
	wants(t, ctx, tip+`.hidden`)
	// Before its first key a page without a window does not know that it has the focus.
	run(t, ctx, chromedp.KeyEvent(kb.Tab), chromedp.Focus(".card button.word"))
	wants(t, ctx, tip+`.textContent === "open: the state of a session that has a socket: frames `+
		`go both ways"`)
	wants(t, ctx, `document.getElementById(`+focused+`.getAttribute("aria-describedby"))
		.textContent === `+tip+`.textContent`)
	run(t, ctx, chromedp.KeyEvent(kb.End))
	wants(t, ctx, focused+`.textContent === "unacked" && `+tip+`.textContent.startsWith("unacked: ")`)
	for range 2 {
		run(t, ctx, chromedp.KeyEvent(kb.ArrowUp))
	}
	wants(t, ctx, focused+`.textContent === "acked" && !`+tip+`.hidden`)
	wants(t, ctx, `document.querySelectorAll(".card button.word[tabindex='0']").length === 2`)
	// It stays where it is while the run goes on.
	eval[bool](t, ctx, `goTo(state.now - 3); `+drawn)
	wants(t, ctx, focused+`.textContent === "acked" && `+tip+`.textContent.startsWith("acked, in")`)
	eval[bool](t, ctx, axe+"; true")
	for _, f := range findings(t, ctx) {
		t.Error(f)
	}
	for _, l := range looks {
		l.see(t, ctx)
		eval[bool](t, ctx, drawn)
		eval[bool](t, ctx, focused+`.blur(); true`)
		run(t, ctx, chromedp.Focus(".card button.word[tabindex='0']"))
		wants(t, ctx, `(() => { const r = `+tip+`.getBoundingClientRect(); return r.width > 0 &&
			r.left >= 0 && r.right <= innerWidth && r.top >= 0 && r.bottom <= innerHeight; })()`)
		picture(t, ctx, fmt.Sprintf("view-word-%s-%d", l.scheme, l.width))
	}
	run(t, ctx, chromedp.KeyEvent(kb.Escape))
	wants(t, ctx, tip+`.hidden && `+focused+`.classList.contains("word")`)
	// Fields of frames, by the last part of their names.
	eval[bool](t, ctx, fmt.Sprintf(toFrame, "CONNECT")+"; "+drawn)
	eval[bool](t, ctx, `[...document.querySelectorAll("#told button.word")].find((b) =>
		b.textContent === "global_seq").focus(); true`)
	wants(t, ctx, tip+`.textContent.startsWith("global_seq: how many connections")`)
	eval[bool](t, ctx, fmt.Sprintf(toFrame, "ACK")+"; "+drawn)
	wants(t, ctx, told+`.includes("I have everything up to this number")`)
	// A field is not the answer that has its name in capitals.
	eval[bool](t, ctx, fmt.Sprintf(toFrame, "MSG")+"; "+drawn)
	wants(t, ctx, `["tid", "priority", "seq"].map((name) => [...document.querySelectorAll(
		"#told .fields button")].find((b) => b.textContent === name).classList.contains("word")
		).join() === "true,true,false"`)
	for _, c := range complaints.get() {
		t.Error(c)
	}
}
