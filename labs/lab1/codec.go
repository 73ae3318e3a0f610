package lab1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
)

// MaxAllocated is how many bytes a decoder may take for an input of a few hundred: what the input
// claims must not count.
const MaxAllocated = 1 << 20

// decoded is what a student's decoder has said, or the panic in which it has ended. Allocated is
// what it took meanwhile, in bytes.
type decoded[T any] struct {
	Value     T      `json:"value"`
	Error     string `json:"error"`
	Panic     string `json:"panic"`
	Allocated uint64 `json:"allocated"`
}

// codec asks for one structure in both directions.
type codec[T comparable] struct {
	// question is what the student's functions are asked by, behind encode_ and decode_.
	question string
	// name is that of the structure, in sentences.
	name   string
	layout func(T) grade.Layout
	encode func(T) []byte
	decode func([]byte) (T, error)
	// why says what most who err here have overlooked.
	why string
	// unsaid are fields that the decoder is asked for and the encoder is not given.
	unsaid func(T) T
}

func always[T any](l grade.Layout) func(T) grade.Layout { return func(T) grade.Layout { return l } }

// both asks for the bytes of a value, and for the value of the bytes.
func (c codec[T]) both(s *grade.Session, what string, v T) error {
	if err := c.checkEncode(s, what, v); err != nil {
		return err
	}
	return c.checkDecode(s, what, c.encode(v), v)
}

func (c codec[T]) checkEncode(s *grade.Session, what string, v T) error {
	said := v
	if c.unsaid != nil {
		said = c.unsaid(v)
	}
	var got string
	if err := s.Ask("encode_"+c.question, said, &got); err != nil {
		return err
	}
	return grade.Compare(fmt.Sprintf("encode the %s of %s: %s", c.name, what, text(said)),
		c.layout(v), c.encode(v), got, c.why)
}

func (c codec[T]) checkDecode(s *grade.Session, what string, b []byte, want T) error {
	var got decoded[T]
	digits := structures.HexOf(b)
	if err := s.Ask("decode_"+c.question, digits, &got); err != nil {
		return err
	}
	if got.Panic == "" && got.Error == "" && got.Value == want {
		return nil
	}
	story := &grade.Story{Asked: fmt.Sprintf("decode the %s of %s, %d bytes", c.name, what, len(b)),
		Expected: text(want), Got: text(got.Value), Why: c.why}
	if got.Panic != "" {
		story.Got = "a panic: " + got.Panic
	}
	if got.Error != "" {
		story.Got = "the error: " + got.Error
		story.Why = "Nothing is wrong with these bytes. " + c.why
	}
	story.Fields = fields(c.layout(want), b, want, got.Value)
	return story
}

// vectors asks for all golden vectors of a structure.
func (c codec[T]) vectors(s *grade.Session, structure string) error {
	for _, v := range structures.Vectors(structure) {
		value, err := c.decode(v.Hex.Bytes())
		if err != nil {
			return err
		}
		if err := c.both(s, fmt.Sprintf("%q (%s)", v.Name, v.Source), value); err != nil {
			return err
		}
	}
	return nil
}

// refused asks for the value of bytes that have none: an error is right, and nothing else.
func (c codec[T]) refused(s *grade.Session, what string, b []byte, why string) error {
	var got decoded[T]
	if err := s.Ask("decode_"+c.question, structures.HexOf(b), &got); err != nil {
		return err
	}
	asked := fmt.Sprintf("decode as %s %d bytes: %s", c.name, len(b), what)
	if got.Panic != "" {
		return &grade.Story{Asked: asked, Expected: "an error", Got: "a panic: " + got.Panic,
			Why: "A peer must not be able to end your program by what it says. " + why}
	}
	if got.Error == "" {
		var zero T
		return &grade.Story{Asked: asked, Expected: "an error", Got: "no error, and " +
			text(got.Value), Fields: fields(c.layout(zero), b, zero, got.Value), Why: why}
	}
	if got.Allocated > MaxAllocated {
		return &grade.Story{Asked: asked, Expected: "an error, and no memory for what is not there",
			Got: fmt.Sprintf("the error, after %d MiB were taken", got.Allocated>>20),
			Why: "A length on the wire is a claim. Compare it with the limit and with what is " +
				"there before you make room for it: whoever connects could take all memory."}
	}
	return nil
}

// short asks for each beginning of a right encoding: all are too short.
func (c codec[T]) short(s *grade.Session, v T) error {
	b := c.encode(v)
	for n := range b {
		if err := c.refused(s, fmt.Sprintf("the first %d of the %d that it takes", n, len(b)),
			b[:n], "Bytes come from strangers, and in pieces. Look at the length before you look "+
				"at a field."); err != nil {
			return err
		}
	}
	return nil
}

// text is a value as JSON.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// fields are lines for a story: each field of a layout with its bytes and both values.
func fields(layout grade.Layout, b []byte, want, got any) (lines []string) {
	wants, gots := flat(want), flat(got)
	offset := 0
	for _, f := range layout {
		w, known := wants[f.Name]
		mark := " "
		if known && w != gots[f.Name] {
			mark = "≠"
		}
		here := b[min(offset, len(b)):min(offset+f.Size, len(b))]
		digits := string(structures.HexOf(here[:min(len(here), 16)]))
		if known {
			lines = append(lines, fmt.Sprintf("%s %4d +%-3d %-18s %-34s %-24s %s", mark, offset,
				f.Size, f.Name, digits, w, gots[f.Name]))
		}
		offset += f.Size
	}
	return lines
}

// flat takes nested values apart: "src.type" is the type in src.
func flat(v any) map[string]string {
	reader := json.NewDecoder(bytes.NewReader([]byte(text(v))))
	reader.UseNumber()
	var tree any
	if err := reader.Decode(&tree); err != nil {
		return nil
	}
	all := map[string]string{}
	flatten(all, "", tree)
	return all
}

func flatten(all map[string]string, name string, tree any) {
	inner, nested := tree.(map[string]any)
	if !nested {
		all[strings.TrimPrefix(name, ".")] = fmt.Sprint(tree)
		return
	}
	for key, v := range inner {
		flatten(all, name+"."+key, v)
	}
}
