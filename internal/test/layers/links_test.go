package layers

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"simplemessenger/internal/command/pages"
)

var (
	markdownLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	markdownHeading = regexp.MustCompile(`(?m)^#+ (.+?)\s*$`)
	markdownCode    = regexp.MustCompile("(?s)```.*?```")
)

// anchors returns what a page's headings are linked by: in small letters, with dashes for spaces,
// without other signs; the second of a name has a number.
func anchors(page string) []string {
	var all []string
	for _, heading := range markdownHeading.FindAllStringSubmatch(
		markdownCode.ReplaceAllString(page, ""), -1) {
		name := pages.Anchor(heading[1])
		all = append(all, name)
	}
	return all
}

// deadLinks returns the links of a page that lead nowhere within the tree.
func deadLinks(dir, page string, read func(string) (string, bool)) (dead []string) {
	for _, link := range markdownLink.FindAllStringSubmatch(
		markdownCode.ReplaceAllString(page, ""), -1) {
		to, anchor, hasAnchor := strings.Cut(link[1], "#")
		if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
			continue
		}
		target, exists := page, true
		if to != "" {
			target, exists = read(filepath.Join(dir, to))
		}
		if !exists || hasAnchor && !slices.Contains(anchors(target), anchor) {
			dead = append(dead, link[1])
		}
	}
	return dead
}

// Whoever follows a link of a page comes to a file that is there, and to a heading in it.
func TestLinks(t *testing.T) {
	const root = "../../.."
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Skipf("git does not know the pages of the tree: %v", err)
	}
	read := func(path string) (string, bool) {
		info, err := os.Stat(path)
		if err != nil || info.IsDir() {
			return "", err == nil
		}
		page, err := os.ReadFile(path)
		return string(page), err == nil
	}
	pages := strings.Fields(string(out))
	for _, name := range pages {
		path := filepath.Join(root, name)
		page, _ := read(path)
		for _, link := range deadLinks(filepath.Dir(path), page, read) {
			t.Errorf("%s: the link to %s leads nowhere", name, link)
		}
	}
	if len(pages) < 20 {
		t.Errorf("%d pages", len(pages))
	}
}

func TestDeadLinksAreSeen(t *testing.T) {
	pages := map[string]string{"docs/a.md": "# A page\n## `seq`, and (more)\n", "x.go": ""}
	read := func(path string) (string, bool) { page, is := pages[path]; return page, is }
	page := "# Here I am\n[1](a.md) [2](a.md#seq-and-more) [3](../x.go) [4](#here-i-am)\n" +
		"[5](https://a.example/#x) [6](b.md) [7](a.md#seq) [8](#there)\n```\n[9](c.md)\n# No\n```\n" +
		"[10](#no)\n"
	want := []string{"b.md", "a.md#seq", "#there", "#no"}
	if got := deadLinks("docs", page, read); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
