package caps

import (
	"strings"

	"github.com/pkg/errors"
)

// Parse reads the text of capabilities.
//
//	grants  = [grant {("," | ";") grant}]
//	grant   = ("allow" | "profile" name) {permission | clause}
//	permission = "*" | "all" | letters of "rwx" | "class-read" | "class-write"
//	clause  = "profile" name | key ["="] value | word
//
// Values may stand in quotes. The keys without an equals sign are those that Ceph takes so.
func Parse(text string) (Caps, error) {
	if len(text) > MaxText {
		return Caps{}, errors.Errorf("caps: text of %d bytes, above the limit of %d", len(text),
			MaxText)
	}
	tokens, err := scan(text)
	if err != nil {
		return Caps{}, err
	}
	c := Caps{Text: text}
	for len(tokens) > 0 {
		end := 0
		for end < len(tokens) && !tokens[end].is(",") {
			end++
		}
		if end > 0 {
			g, err := parseGrant(tokens[:end])
			if err != nil {
				return Caps{}, err
			}
			c.Grants = append(c.Grants, g)
		}
		tokens = tokens[min(end+1, len(tokens)):]
	}
	return c, nil
}

// keys are those whose value may follow without an equals sign.
var keys = map[string]bool{"pool": true, "namespace": true, "object_prefix": true, "auid": true,
	"tag": true, "network": true, "service": true, "command": true, "module": true, "path": true,
	"fsname": true, "class": true, "key": true, "prefix": true, "regex": true, "uid": true,
	"gids": true}

func parseGrant(tokens []token) (g Grant, err error) {
	switch first := tokens[0]; {
	case first.is("allow"):
		tokens = tokens[1:]
	case !first.is("profile"):
		return g, errors.Errorf("caps: at byte %d: %q, where a grant begins with allow or profile",
			first.at, first.text)
	}
	for len(tokens) > 0 {
		t := tokens[0]
		tokens = tokens[1:]
		if p, ok := permission(t); ok {
			g.Permissions |= p
			continue
		}
		equals := len(tokens) > 0 && tokens[0].is("=")
		if equals {
			tokens = tokens[1:]
		}
		value := ""
		if equals || !t.quoted && (keys[t.text] || t.text == "profile") {
			if len(tokens) == 0 || tokens[0].is("=") {
				return g, errors.Errorf("caps: at byte %d: %s without a value", t.at, t.text)
			}
			value, tokens = tokens[0].text, tokens[1:]
		}
		if t.is("=") {
			return g, errors.Errorf("caps: at byte %d: an equals sign without a key", t.at)
		}
		if t.is("profile") {
			g.Profile = value
			continue
		}
		g.Clauses = append(g.Clauses, Clause{t.text, value})
	}
	return g, nil
}

func permission(t token) (p Permission, ok bool) {
	switch {
	case t.quoted:
		return 0, false
	case t.text == "*", t.text == "all":
		return All, true
	case t.text == "class-read", t.text == "class-write":
		return Execute, true
	}
	for _, letter := range t.text {
		i := strings.IndexRune("rwx", letter)
		if i < 0 {
			return 0, false
		}
		p |= 1 << i
	}
	return p, true
}

// token is a word, a separator (","), or an equals sign.
type token struct {
	text   string
	quoted bool
	at     int
}

// is reports whether a token is that word or sign, and no text in quotes.
func (t token) is(text string) bool { return !t.quoted && t.text == text }

func scan(text string) (tokens []token, err error) {
	const blanks, signs = " \t\r\n", ",;="
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.IndexByte(blanks, c) >= 0:
			i++
		case c == '"', c == '\'':
			n := strings.IndexByte(text[i+1:], c)
			if n < 0 {
				return nil, errors.Errorf("caps: at byte %d: a quote that is not closed", i)
			}
			tokens = append(tokens, token{text[i+1 : i+1+n], true, i})
			i += n + 2
		case c == ';':
			tokens = append(tokens, token{",", false, i})
			i++
		case strings.IndexByte(signs, c) >= 0:
			tokens = append(tokens, token{string(c), false, i})
			i++
		default:
			n := strings.IndexAny(text[i:], blanks+signs+"\"'")
			if n < 0 {
				n = len(text) - i
			}
			tokens = append(tokens, token{text[i : i+n], false, i})
			i += n
		}
	}
	return tokens, nil
}
