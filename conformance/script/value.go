package script

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Value is what a field holds: a number, or a text.
type Value struct {
	Number uint64
	Text   string
	IsText bool
}

// Number returns a value that is a number, and Text one that is a text.
func Number(n uint64) Value    { return Value{Number: n} }
func Text(s string) Value      { return Value{Text: s, IsText: true} }
func (v Value) String() string { return v.text(false) }
func (v Value) text(hexadecimal bool) string {
	switch {
	case v.IsText:
		return strconv.Quote(v.Text)
	case hexadecimal:
		return fmt.Sprintf("%#x", v.Number)
	}
	return strconv.FormatUint(v.Number, 10)
}

// Variables are what `let` has kept.
type Variables map[string]Value

// names are the numbers that have a name in fields of their own.
var names = func() map[string]map[string]uint64 {
	tags := make(map[string]uint64)
	for t := range 256 {
		if tag := wire.Tag(t); tag.Valid() {
			tags[tag.String()] = uint64(t)
		}
	}
	return map[string]map[string]uint64{
		"tag": tags,
		"host_type": {"mon": uint64(wire.EntityMon), "mds": uint64(wire.EntityMDS),
			"osd": uint64(wire.EntityOSD), "client": uint64(wire.EntityClient),
			"mgr": uint64(wire.EntityMgr)},
		"authorizer_protocol": {"unknown": 0, "none": 1, "cephx": 2},
		"flags":               {"LOSSY": 1, "COMPLETE": 1, "NOCRC": 2, "SIGNED": 4},
		"family":              {"none": 0, "ipv4": 2, "ipv6": 10},
		"priority":            {"low": 64, "default": 127, "high": 196, "highest": 255},
	}
}()

// Eval returns the value of the expression in a field of that name.
func Eval(field, expression string, vars Variables) (Value, error) {
	if field == "features" {
		f, err := evalFeatures(expression, vars)
		return Number(uint64(f)), err
	}
	if v, found := vars[strings.TrimPrefix(expression, "$")]; found &&
		strings.HasPrefix(expression, "$") {
		return v, nil
	}
	if text, found := strings.CutPrefix(expression, "text:"); found {
		return Text(text), nil
	}
	if count, found := strings.CutPrefix(expression, "pattern:"); found {
		n, err := strconv.ParseUint(count, 0, 26)
		return Text(pattern(n)), errors.Wrapf(err, "%s: pattern:N", field)
	}
	var sum uint64
	rest, operator := expression, byte('+')
	for {
		term, next := rest, byte(0)
		if i := strings.IndexAny(rest[min(1, len(rest)):], "+-^"); i >= 0 {
			term, next, rest = rest[:i+1], rest[i+1], rest[i+2:]
		}
		n, err := evalTerm(field, term, vars)
		if err != nil {
			return Value{}, err
		}
		switch operator {
		case '+':
			sum += n
		case '-':
			sum -= n
		case '^':
			sum ^= n
		}
		if next == 0 {
			return Number(sum), nil
		}
		operator = next
	}
}

// pattern returns n bytes of which no two neighbours, and no two pages, are the same.
func pattern(n uint64) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i%251 + 1)
	}
	return string(b)
}

func evalTerm(field, term string, vars Variables) (uint64, error) {
	if name, found := strings.CutPrefix(term, "$"); found {
		v, found := vars[name]
		if !found || v.IsText {
			return 0, errors.Errorf("%s: there is no number $%s", field, name)
		}
		return v.Number, nil
	}
	if _, last, found := strings.Cut(field, "."); found {
		field = last
	}
	if n, found := names[field][term]; found {
		return n, nil
	}
	n, err := strconv.ParseUint(term, 0, 64)
	if err != nil {
		return 0, errors.Errorf("%s: %q is no number", field, term)
	}
	return n, nil
}

// evalFeatures takes a list: a base, and names or bits that are added or taken away.
func evalFeatures(list string, vars Variables) (wire.Features, error) {
	var f wire.Features
	for i, item := range strings.Split(list, ",") {
		sign, name := byte('+'), item
		if item != "" && (item[0] == '+' || item[0] == '-') {
			sign, name = item[0], item[1:]
		}
		bits, err := featureBits(name, vars)
		if err != nil {
			return 0, err
		}
		switch {
		case i == 0 && sign == '+':
			f = bits
		case sign == '+':
			f |= bits
		default:
			f &^= bits
		}
	}
	return f, nil
}

func featureBits(name string, vars Variables) (wire.Features, error) {
	switch name {
	case "none":
		return 0, nil
	case "default":
		return wire.FeaturesSupported, nil
	}
	if v, found := strings.CutPrefix(name, "$"); found {
		return wire.Features(vars[v].Number), nil
	}
	if bit, found := strings.CutPrefix(name, "bit"); found {
		n, err := strconv.ParseUint(bit, 10, 6)
		return 1 << n, errors.Wrapf(err, "features: %s", name)
	}
	if info, found := wire.LookupFeature(name); found {
		return info.Mask, nil
	}
	n, err := strconv.ParseUint(name, 0, 64)
	if err != nil {
		return 0, errors.Errorf("features: there is no feature %s", name)
	}
	return wire.Features(n), nil
}
