package cephx

import "fmt"

// ResultError says that a monitor answered with an error. It comes wrapped together with
// auth.ErrRefused.
type ResultError struct {
	Code    int32  // a negative errno of Linux
	Message string // what the monitor said, often nothing
}

// The errno values that monitors answer with.
const (
	codePermission  int32 = -1  // EPERM
	codeIO          int32 = -5  // EIO
	codeAccess      int32 = -13 // EACCES
	codeInvalid     int32 = -22 // EINVAL
	codeUnsupported int32 = -95 // EOPNOTSUPP
)

// resultMeanings says what monitors mean. They do not tell an unknown name from a wrong key, and
// neither do we.
var resultMeanings = map[int32]string{
	codePermission: "EPERM: no such entity, or wrong key",
	codeIO:         "EIO: monitor cannot make tickets",
	codeAccess: "EACCES: no such entity, wrong key, no caps for mon, or global id of " +
		"somebody else",
	codeInvalid:     "EINVAL: monitor did not understand the request",
	codeUnsupported: "EOPNOTSUPP: monitor does not offer cephx",
}

func (e *ResultError) Error() string {
	meaning := resultMeanings[e.Code]
	if meaning == "" {
		meaning = fmt.Sprintf("error %d", e.Code)
	}
	if e.Message != "" {
		return fmt.Sprintf("%s (%q)", meaning, e.Message)
	}
	return meaning
}
