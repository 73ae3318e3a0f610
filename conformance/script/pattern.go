package script

import (
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Match is how well a value fits a pattern.
type Match int

// From worst to best.
const (
	MatchNot Match = iota
	MatchWeak
	MatchStrict
)

// Matches tells how well the value of a field fits a pattern.
func Matches(field, pattern string, v Value, vars Variables) (Match, error) {
	best := MatchNot
	for alternative := range strings.SplitSeq(pattern, "|") {
		rest, weak := strings.CutPrefix(alternative, "~")
		fits, err := fits(field, rest, v, vars)
		switch {
		case err != nil:
			return MatchNot, err
		case fits && !weak:
			return MatchStrict, nil
		case fits:
			best = MatchWeak
		}
	}
	return best, nil
}

func fits(field, pattern string, v Value, vars Variables) (bool, error) {
	if pattern == "*" {
		return true, nil
	}
	if v.IsText {
		want, err := Eval(field, pattern, vars)
		if err != nil || !want.IsText {
			want = Text(pattern)
		}
		return want.Text == v.Text, nil
	}
	for _, p := range []string{"has:", "lacks:"} {
		if name, found := strings.CutPrefix(pattern, p); found {
			bits, err := evalFeatures(name, vars)
			has := wire.Features(v.Number)&bits == bits
			if p == "lacks:" {
				has = wire.Features(v.Number)&bits == 0
				return has, err
			}
			return has, err
		}
	}
	operator := ""
	for _, o := range []string{">=", "<=", ">", "<", "!"} {
		if rest, found := strings.CutPrefix(pattern, o); found {
			operator, pattern = o, rest
			break
		}
	}
	want, err := Eval(field, pattern, vars)
	if err != nil {
		return false, err
	}
	if want.IsText {
		return false, errors.Errorf("%s is a number, and %s is not", field, pattern)
	}
	switch operator {
	case ">=":
		return v.Number >= want.Number, nil
	case "<=":
		return v.Number <= want.Number, nil
	case ">":
		return v.Number > want.Number, nil
	case "<":
		return v.Number < want.Number, nil
	case "!":
		return v.Number != want.Number, nil
	}
	return v.Number == want.Number, nil
}

// Show returns a field's value as a person would say it: tags by name, sets in hexadecimal.
func Show(field string, v Value) string {
	for name, n := range names[field] {
		if !v.IsText && n == v.Number && (field != "flags") {
			return name
		}
	}
	return v.text(field == "features" || strings.HasSuffix(field, "crc") || field == "sig")
}
