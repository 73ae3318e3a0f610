package main

import (
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// The types of messages: a key is in the front, a value in the data, of requests and replies.
const (
	typePut = 1000 + iota
	typeGet
	typeDone    // the request was carried out
	typeMissing // there is no such key
	typeFailed  // the front says why
)

var errMissing = errors.New("no such key")

// store keeps each value in a file of its own.
type store struct {
	dir string
	mu  sync.Mutex // taken by put
}

// newServer returns a messenger that is to be bound and started.
func newServer(config simplemsgr.Config, dir string) *simplemsgr.Messenger {
	s := &store{dir: dir}
	answers := request.NewServer(request.ServerOptions{
		Failed: func(_ *simplemsgr.Message, err error) *simplemsgr.Message {
			return &simplemsgr.Message{Type: typeFailed, Front: []byte(err.Error())}
		},
	})
	answers.Handle(typePut, s.put)
	answers.Handle(typeGet, s.get)
	m := simplemsgr.NewServer(wire.OSD(0), config)
	m.AddDispatcher(answers)
	return m
}

// put answers when the value would survive the end of the process: an answer is a promise.
func (s *store) put(ctx context.Context, m *simplemsgr.Message) (*simplemsgr.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A client whose session was lost sends its request again, in the next session. This one must
	// not come late, and overwrite what the client has put since.
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	next := filepath.Join(s.dir, "next")
	file, err := os.Create(next)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if _, err := file.Write(m.Data); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	if err := os.Rename(next, s.path(m.Front)); err != nil {
		return nil, err
	}
	return &simplemsgr.Message{Type: typeDone}, nil
}

func (s *store) get(_ context.Context, m *simplemsgr.Message) (*simplemsgr.Message, error) {
	value, err := os.ReadFile(s.path(m.Front))
	if errors.Is(err, os.ErrNotExist) {
		return &simplemsgr.Message{Type: typeMissing}, nil
	}
	return &simplemsgr.Message{Type: typeDone, Data: value}, err
}

func (s *store) path(key []byte) string {
	return filepath.Join(s.dir, "key-"+hex.EncodeToString(key))
}
