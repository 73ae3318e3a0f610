package async

import (
	"time"

	"github.com/pkg/errors"
	"golang.org/x/sys/unix"
)

// poller waits for sockets with epoll, edge-triggered: a socket is registered once, for both
// directions, and whoever stops before it has read all remembers that there is more.
//
// Each registration has a number of its own, which is never used again. An event of a socket that
// was closed meanwhile fits no registration, whoever has its descriptor now.
type poller struct {
	fd, wakeFD int
	waiter     waiter
	files      map[uint64]*fdSocket
	last       uint64
	events     [eventsAtOnce]unix.EpollEvent
	ready      []event
}

type event struct {
	id   uint64
	mask uint32
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err == nil {
		err = unix.SetNonblock(fd, true) // or the runtime would not wait for it
	}
	if err != nil {
		return nil, errors.Wrap(err, "epoll_create1")
	}
	wakeFD, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err == nil {
		err = unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, wakeFD,
			&unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET})
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, errors.Wrap(err, "eventfd")
	}
	p := &poller{fd: fd, wakeFD: wakeFD, files: map[uint64]*fdSocket{}}
	if err := p.waiter.init(p); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// add registers a socket.
func (p *poller) add(s *fdSocket) error {
	p.last++
	s.id = p.last
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET,
		Fd: int32(s.id), Pad: int32(s.id >> 32)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, s.fd, &e); err != nil {
		return errors.Wrap(err, "epoll_ctl")
	}
	p.files[s.id] = s
	return nil
}

// remove ends a registration; closing the descriptor takes it out of epoll.
func (p *poller) remove(s *fdSocket) { delete(p.files, s.id) }

// wake ends a wait. It counts, and so never blocks.
func (p *poller) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.wakeFD, one[:])
}

// wait returns what is ready, once something is, or when the time is over; negative for ever. The
// slice is valid until the next call. After an error the poller is of no use any more.
func (p *poller) wait(timeout time.Duration) ([]event, error) {
	p.ready = p.ready[:0]
	n, err := p.waiter.wait(p, timeout)
	if err == unix.EINTR {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrap(err, "epoll_wait")
	}
	for _, e := range p.events[:n] {
		if id := uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32; id != 0 {
			p.ready = append(p.ready, event{id, e.Events})
			continue
		}
		var count [8]byte
		_, _ = unix.Read(p.wakeFD, count[:])
	}
	return p.ready, nil
}

// end is what comes when a connection ends, in either direction.
const end = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR

// handle tells a socket that it is ready, if it is still there.
func (p *poller) handle(e event) {
	s := p.files[e.id]
	if s == nil {
		return
	}
	const in = unix.EPOLLIN | end
	s.drained = false
	s.ending = s.ending || e.mask&end != 0
	if e.mask&(unix.EPOLLOUT|unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		s.owner.writable()
	}
	if e.mask&in != 0 {
		s.owner.readable()
	}
}

// lose ends a poller that is of no use any more, and tells whose sockets it has watched.
func (p *poller) lose(err error) {
	for _, s := range p.files {
		s.owner.lost(err)
	}
	p.close()
}

func (p *poller) close() {
	_ = unix.Close(p.wakeFD)
	p.waiter.close()
}
