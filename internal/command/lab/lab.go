package lab

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/labs/grade"
)

// Find returns the lab of a number or a name.
func Find(all []grade.Lab, word string) (*grade.Lab, error) {
	var names []string
	for i := range all {
		if strconv.Itoa(all[i].Number) == word || all[i].Name == word {
			return &all[i], nil
		}
		names = append(names, fmt.Sprintf("%d (%s)", all[i].Number, all[i].Name))
	}
	return nil, errors.Errorf("there is no lab %q; there are %s", word, strings.Join(names, ", "))
}

// List writes the labs with their steps.
func List(w io.Writer, all []grade.Lab) error {
	var b strings.Builder
	for i, l := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%d  %s: %s\n", l.Number, l.Name, l.Title)
		for _, s := range l.Steps {
			fmt.Fprintf(&b, "   %-32s %3d points\n", s.Name, s.Points)
		}
	}
	_, err := io.WriteString(w, b.String())
	return errors.WithStack(err)
}

// Start writes the files of a student, and says what comes next.
func Start(w io.Writer, l *grade.Lab, dir string) error {
	if err := l.Start(dir); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, `lab %d, %s, is in %s

  read   %s
  write  the functions that say TODO
  test   simplemsgr lab test %d %s
`, l.Number, l.Name, dir, Quote(strings.TrimSuffix(dir, "/")+"/README.md"), l.Number, Quote(dir))
	return errors.WithStack(err)
}

// Hint writes the hint for a step, or which steps have one.
func Hint(w io.Writer, l *grade.Lab, step string) error {
	if step == "" {
		var b strings.Builder
		b.WriteString("hints are for one step each:\n\n")
		for _, s := range l.Steps {
			fmt.Fprintf(&b, "  %s\n", hintCommand(l.Number, s.Name))
		}
		_, err := io.WriteString(w, b.String())
		return errors.WithStack(err)
	}
	for _, s := range l.Steps {
		if strings.EqualFold(s.Name, step) {
			text, found := l.Hint(s.Name)
			if !found {
				return errors.Errorf("there is no hint for %q", s.Name)
			}
			_, err := fmt.Fprintf(w, "%s\n", text)
			return errors.WithStack(err)
		}
	}
	return errors.Errorf("lab %d has no step %q; see: simplemsgr lab hint %d", l.Number, step,
		l.Number)
}

func hintCommand(number int, step string) string {
	return fmt.Sprintf("simplemsgr lab hint %d %s", number, Quote(step))
}

// Quote returns a word as a shell takes it.
func Quote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-#"
	if strings.Trim(strings.ToLower(word), plain) == "" && word != "" && word[0] != '#' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
