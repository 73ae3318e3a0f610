package main

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/request"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// client asks a server. Its methods wait for as long as the server is away, until ctx ends.
type client struct {
	messenger *simplemsgr.Messenger
	requests  *request.Client
	server    wire.EntityInst
}

// newClient returns a client whose messenger is to be started.
func newClient(config simplemsgr.Config, server wire.EntityInst) *client {
	m := simplemsgr.New(wire.Client(1), config)
	m.SetPolicy(wire.EntityOSD, simplemsgr.LossyClient())
	return &client{messenger: m, server: server, requests: request.NewClient(m, request.Options{
		// To put a value twice is to put it once.
		Repeat: request.AtLeastOnce,
		// Each life of the server has a nonce of its own.
		Connect: []simplemsgr.ConnectOption{simplemsgr.AnyNonce()},
	})}
}

func (c *client) put(ctx context.Context, key string, value []byte) error {
	_, err := c.call(ctx, &simplemsgr.Message{Type: typePut, Front: []byte(key), Data: value})
	return errors.WithMessagef(err, "put %s", key)
}

func (c *client) get(ctx context.Context, key string) ([]byte, error) {
	value, err := c.call(ctx, &simplemsgr.Message{Type: typeGet, Front: []byte(key)})
	return value, errors.WithMessagef(err, "get %s", key)
}

func (c *client) call(ctx context.Context, m *simplemsgr.Message) ([]byte, error) {
	reply, err := c.requests.Call(ctx, c.server, m)
	if err != nil {
		return nil, err
	}
	defer reply.Release()
	switch reply.Type {
	case typeDone:
		return reply.Data, nil // its own memory, as long as Config.Pipe.PoolMessages is not set
	case typeMissing:
		return nil, errMissing
	case typeFailed:
		return nil, errors.Errorf("the server says: %s", reply.Front)
	}
	return nil, errors.Errorf("a reply of type %d", reply.Type)
}
