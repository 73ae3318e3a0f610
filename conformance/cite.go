package conformance

import (
	"github.com/pkg/errors"
)

// citedError is what breaks a rule, whatever the step was about; or, if it is only a form that
// something else must have disturbed, what breaks the step's own rule, where it names one.
type citedError struct {
	error
	rule string
	form bool
}

func (e *citedError) Unwrap() error { return e.error }

func cite(rule, format string, args ...any) error {
	return &citedError{error: errors.Errorf(format, args...), rule: rule}
}

// citeForm is cite for forms.
func citeForm(rule, format string, args ...any) error {
	return &citedError{error: errors.Errorf(format, args...), rule: rule, form: true}
}

// citedRules are the rules that the kit itself holds, in each case and whatever that is about.
var citedRules = []string{"V1-ACK-3", "V1-ACK-4", "V1-ADDR-1", "V1-AUTH-4", "V1-CONNECT-2",
	"V1-CRC-2", "V1-FOOTER-3", "V1-LIMIT-8", "V1-REPLY-10", "V1-SEQ-1", "V1-SEQEX-1", "V1-SIGN-1",
	"V1-SIGN-2", "V1-SIGN-3", "V1-TAG-2"}
