package report

import (
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/internal/webpage"
)

//go:embed page
var pageFiles embed.FS

// What the page tells of a case: all of what needs an explanation, as far as a person would read
// it, and of the others how they began and ended. So much is told of the first pageFrames frames;
// behind them stories are as short as those of cases that passed, which bounds the page.
var (
	pageStory = detail{first: 50, last: 150, fields: true, bytes: 1024}
	pageBrief = detail{first: 8, last: 8, fields: true, bytes: 300}
)

const pageFrames = 4000

// Page is one file for a browser, which loads nothing: style and script are in it, and their
// hashes are all that its policy lets run. What the target says is in it as JSON.
type Page struct {
	Run
}

// pageData is what the script reads.
type pageData struct {
	Run     runStory             `json:"run"`
	Results []resultStory        `json:"results"`
	Rules   map[string]ruleStory `json:"rules"`
	End     endStory             `json:"end"`
}

// pageFill is what the template is filled with.
type pageFill struct {
	pageData
	Policy        string
	Style         template.CSS
	Script, Data  template.JS
	Cases, Failed int
	Began, Took   string
	Verdicts      []conformance.Verdict
	Groups        []pageGroup
	Totals        []pageCount
}

// pageGroup is a row of the matrix.
type pageGroup struct {
	Name   string
	Counts []pageCount
}

type pageCount struct {
	Group   string
	Verdict conformance.Verdict
	Count   int
}

// sign is what a verdict is marked with, beside its colour and its name.
func sign(v conformance.Verdict) string {
	return map[conformance.Verdict]string{conformance.Fail: "✗", conformance.NonStrict: "~",
		conformance.Inconclusive: "?", conformance.Unsupported: "–", conformance.Pass: "✓"}[v]
}

// Write writes the page.
func (p *Page) Write(w io.Writer, r *conformance.Report) error {
	functions := template.FuncMap{"sign": sign, "show": visibleLine}
	page, err := template.New("page.html").Funcs(functions).ParseFS(pageFiles, "page/page.html")
	if err != nil {
		return err
	}
	fill := &pageFill{pageData: p.data(r), Cases: len(r.Results), Failed: r.Failed(),
		Began: r.Began.UTC().Format(time.RFC3339), Took: r.Took.Round(time.Millisecond).String(),
		Verdicts: verdicts, Groups: groups(r)}
	for _, v := range verdicts {
		fill.Totals = append(fill.Totals, pageCount{Verdict: v, Count: r.Count(v)})
	}
	data, err := json.Marshal(fill.pageData) // escapes < > and &: it cannot end its element
	if err != nil {
		return err
	}
	style, err := webpage.Style(pageFiles, "page/style.css", "page/story.css")
	if err != nil {
		return err
	}
	script, err := webpage.Script(pageFiles, "page/ladder.js", "page/story.js", "page/main.js")
	if err != nil {
		return err
	}
	fill.Data, fill.Style, fill.Script = template.JS(data), template.CSS(style), template.JS(script)
	fill.Policy = webpage.Policy(style, script)
	return page.Execute(w, fill)
}

func (p *Page) data(r *conformance.Report) pageData {
	d := pageData{Run: p.about(r, len(r.Results)), Results: []resultStory{}, End: counts(r),
		Rules: make(map[string]ruleStory)}
	told := 0
	for _, result := range r.Results {
		detail := pageBrief
		if isStory(result) && told < pageFrames {
			detail = pageStory
		}
		s := p.story(result, r.Strict, detail)
		told += len(s.Frames)
		for _, id := range append([]string{result.Rule}, result.Case.Rules...) {
			d.Rules[id] = ruleOf(id)
		}
		s.Rule = ruleStory{ID: result.Rule} // its text is among the rules
		d.Results = append(d.Results, s)
	}
	return d
}

// groups are the rows of the matrix, in the order of the run.
func groups(r *conformance.Report) []pageGroup {
	var all []pageGroup
	at := make(map[string]int)
	for _, result := range r.Results {
		name := result.Case.Group()
		i, found := at[name]
		if !found {
			i = len(all)
			at[name] = i
			all = append(all, pageGroup{Name: name})
			for _, v := range verdicts {
				all[i].Counts = append(all[i].Counts, pageCount{Group: name, Verdict: v})
			}
		}
		for j := range all[i].Counts {
			if all[i].Counts[j].Verdict == result.Verdict {
				all[i].Counts[j].Count++
			}
		}
	}
	return all
}
