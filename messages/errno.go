package messages

import "strconv"

// Errno is the result of a request: 0, or a negative errno of Linux, whatever system the peers run
// on.
type Errno int32

// Results that callers look for.
const (
	EPERM      Errno = -1
	ENOENT     Errno = -2
	EACCES     Errno = -13
	EEXIST     Errno = -17
	EINVAL     Errno = -22
	EFBIG      Errno = -27
	EOPNOTSUPP Errno = -95
)

// errnoNames are the results that monitors and osds have a habit of.
var errnoNames = map[Errno]string{
	-1: "EPERM", -2: "ENOENT", -5: "EIO", -7: "E2BIG", -11: "EAGAIN", -12: "ENOMEM", -13: "EACCES",
	-16: "EBUSY", -17: "EEXIST",
	-22: "EINVAL", -27: "EFBIG", -28: "ENOSPC", -34: "ERANGE", -39: "ENOTEMPTY", -61: "ENODATA",
	-90: "EMSGSIZE",
	-95: "EOPNOTSUPP", -108: "ESHUTDOWN", -110: "ETIMEDOUT", -122: "EDQUOT",
}

// String returns the name, such as "ENOENT", or the number for one that has none here.
func (e Errno) String() string {
	if name, ok := errnoNames[e]; ok {
		return name
	}
	return strconv.Itoa(int(e))
}
