//go:build !linux

package async

import (
	"time"

	"github.com/pkg/errors"
)

// poller is for systems without epoll: there is none, and every connection has goroutines that
// post.
type poller struct{}

type event struct{}

var errNoPoller = errors.New("no epoll on this system")

func newPoller() (*poller, error)                   { return nil, errNoPoller }
func (*poller) wake()                               {}
func (*poller) wait(time.Duration) ([]event, error) { return nil, nil }
func (*poller) lose(error)                          {}
func (*poller) handle(event)                        {}
func (*poller) close()                              {}
