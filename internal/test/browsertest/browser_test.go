package browsertest

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"go.uber.org/goleak"

	"simplemessenger/conformance"
	"simplemessenger/conformance/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var screenshots = flag.String("screenshots", "", "folder for pictures of the page")

// patience is how long a browser may take for a test. It is long for busy machines.
const patience = 8 * time.Minute

// looks are how a page is looked at.
var looks = []look{{"light", 1280, 800}, {"light", 390, 844}, {"dark", 1280, 800},
	{"dark", 390, 844}}

type look struct {
	scheme        string
	width, height int64
}

// browser returns a browser with an empty page. Where there is none the test is skipped.
func browser(t *testing.T) context.Context {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		t.Skip("there is no Chromium here (Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program),
		chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	run(t, ctx)
	return ctx
}

func run(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// eval returns what an expression, or the promise that it is, comes to on the page.
func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// wants fails the test unless an expression is true on the page.
func wants(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	if !eval[bool](t, ctx, "Boolean("+expression+")") {
		t.Errorf("it is not so: %s", expression)
	}
}

// until waits for an expression to be true.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	eval[bool](t, ctx, `new Promise((done) => {
		const look = () => (`+expression+`) ? done(true) : setTimeout(look, 10);
		look();
	})`)
}

// see has the page seen in that way.
func (l look) see(t *testing.T, ctx context.Context) {
	t.Helper()
	run(t, ctx, chromedp.EmulateViewport(l.width, l.height))
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}})
	if err != nil {
		t.Fatal(err)
	}
}

// written is a page in a file.
func written(t *testing.T, r *conformance.Report) (url string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	page := report.Page{Run: report.Run{Version: "v1", Command: func(name string) string {
		return "simplemsgr conform server --exec './my-server {listen}' --run " + name
	}}}
	if err := page.Write(f, r); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// complaints are what the browser has to say against a page, and what the page asks for.
type complaints struct {
	mu  sync.Mutex
	all []string
}

func (c *complaints) get() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

func (c *complaints) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, text)
}

// open shows a page.
func open(t *testing.T, ctx context.Context, url string) *complaints {
	t.Helper()
	file, _, _ := strings.Cut(url, "#")
	c := &complaints{}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			c.add("exception: " + e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			c.add("log: " + e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if url := e.Request.URL; !strings.HasPrefix(url, file) && url != "data:," {
				c.add("request: " + url)
			}
		}
	})
	if err == nil {
		_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	}
	if err != nil {
		t.Fatal(err)
	}
	looks[0].see(t, ctx)
	run(t, ctx, chromedp.Navigate(url))
	return c
}
