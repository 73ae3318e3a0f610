package conformance

import (
	"github.com/pkg/errors"
)

// citedError is what breaks a rule, whatever the step was about.
type citedError struct {
	error
	rule string
}

func (e *citedError) Unwrap() error { return e.error }

func cite(rule, format string, args ...any) error {
	return &citedError{error: errors.Errorf(format, args...), rule: rule}
}
