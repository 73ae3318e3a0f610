package lab8

import (
	"context"
	"net"

	"simplemessenger/conformance"
	"simplemessenger/labs/lab8/server"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// withServer runs the small server, with a bug switched on.
func withServer(bug int, do func(*conformance.Target) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := server.Serve(l, bug)
	defer s.Close()
	return do(conformance.Server(l.Addr().String()))
}

// withLibrary runs this library's messenger.
func withLibrary(do func(*conformance.Target) error) error {
	address, stop, err := startLibrary(simplemsgr.StatefulServer())
	if err != nil {
		return err
	}
	defer stop()
	return do(conformance.Server(address))
}

// startLibrary starts this library's messenger as a server that sends everything back.
func startLibrary(policy simplemsgr.Policy) (address string, stop func(), err error) {
	m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{DefaultPolicy: &policy})
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		// A peer that has gone takes nothing.
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Version: m.Version,
			CompatVersion: m.CompatVersion, Priority: m.Priority, DataOff: m.DataOff,
			Front: m.Front, Middle: m.Middle, Data: m.Data})
		return true
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	stop = func() { _ = m.Shutdown(context.Background()) }
	if err := m.BindListener(l); err != nil {
		l.Close()
		return "", nil, err
	}
	if err := m.Start(); err != nil {
		stop()
		return "", nil, err
	}
	return l.Addr().String(), stop, nil
}
