package conform

import (
	"context"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/conformance"
	"simplemessenger/internal/command/cluster"
	"simplemessenger/monclient"
	"simplemessenger/wire"
)

// CredentialOptions say whose credentials the kit brings.
type CredentialOptions struct {
	// Cluster says where the monitors are, and as whom to log in. Without monitors its Keyring has
	// the key that all of the service share, and its Name is the service's without a number.
	Cluster cluster.Options
	// Service is the type whose tickets these are, such as osd, or the name of a daemon of that
	// type, osd.0, whose key is in the keyring: with the secrets that the monitors give to it the
	// kit makes tickets that nobody else would. Empty for the type of Name if it is a daemon's, for
	// osd if it is a client's.
	Service string
	// Other is the name of another principal, whose key is in the keyring. Empty for none.
	Other string
}

// Login returns the credentials, and what gives them back. The errors are for people.
func (o CredentialOptions) Login(ctx context.Context) (*conformance.Credentials, func(), error) {
	name, service, daemon, err := o.names()
	if err != nil {
		return nil, nil, err
	}
	if name.ID == "" {
		c, err := sharedKey(o.Cluster.Keyring, service)
		return c, func() {}, err
	}
	l := &logins{options: o.Cluster}
	c := &conformance.Credentials{Name: name, Service: service}
	if err := l.all(ctx, c, daemon, o.Other); err != nil {
		l.end()
		return nil, nil, err
	}
	return c, l.end, nil
}

// names returns as whom to log in, for which service, and which daemon's secrets there are, empty
// if none.
func (o CredentialOptions) names() (name auth.EntityName, service wire.EntityType, daemon string,
	err error) {
	text := o.Cluster.Name
	if text == "" {
		text = "client.admin"
	}
	if name, err = auth.ParseEntityName(text); err != nil {
		return name, 0, "", errors.WithMessage(err, "--name")
	}
	daemon = o.Service
	switch {
	case daemon == "" && name.Type == wire.EntityClient:
		daemon = "osd"
	case daemon == "":
		daemon = text
	}
	typ, _, named := strings.Cut(daemon, ".")
	if service, err = wire.ParseEntityType(typ); err != nil {
		return name, 0, "", errors.WithMessage(err, "--service")
	}
	if !named {
		daemon = ""
	}
	return name, service, daemon, nil
}

// sharedKey returns the credentials of those who share a key, as monitors do.
func sharedKey(path string, service wire.EntityType) (*conformance.Credentials, error) {
	keyring, err := cephx.LoadKeyring(path)
	if err != nil {
		return nil, err
	}
	name := auth.EntityName{Type: service}
	entry, err := keyring.Lookup(name)
	if err != nil {
		return nil, err
	}
	client, err := cephx.NewSharedKeyClient(cephx.SharedKeyConfig{Service: service,
		Key: entry.Key})
	return &conformance.Credentials{Client: client, Name: name, Service: service,
		Secrets: keyring}, err
}

// logins are conversations with the monitors.
type logins struct {
	options cluster.Options
	clients []*monclient.Client
}

func (l *logins) end() {
	for _, c := range l.clients {
		_ = c.Close(context.Background())
	}
}

// all logs in under all names that are needed, each once.
func (l *logins) all(ctx context.Context, c *conformance.Credentials, daemon, other string) error {
	if daemon != "" {
		rotating := cephx.NewRotatingKeyring(c.Service, nil)
		client, err := l.in(ctx, daemon, c.Service, rotating)
		if err != nil {
			return err
		}
		c.Secrets = rotating
		if daemon == c.Name.String() {
			c.Client = client
		}
	}
	if c.Client == nil {
		client, err := l.in(ctx, c.Name.String(), c.Service, nil)
		if err != nil {
			return err
		}
		c.Client = client
	}
	if other != "" {
		client, err := l.in(ctx, other, c.Service, nil)
		if err != nil {
			return err
		}
		c.Other = client
	}
	return nil
}

func (l *logins) in(ctx context.Context, name string, service wire.EntityType,
	rotating *cephx.RotatingKeyring) (*monclient.Client, error) {
	options := l.options
	options.Name = name
	settings, err := options.Resolve(ctx)
	if err != nil {
		return nil, err
	}
	var client *monclient.Client
	if rotating != nil {
		client, err = settings.DialDaemon(ctx, rotating)
	} else {
		client, err = settings.Dial(ctx, service)
	}
	if err == nil {
		l.clients = append(l.clients, client)
	}
	return client, err
}
