package conformance

import (
	"context"
	"strconv"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// Credentials are those of the kit where peers prove with cephx who they are. Without them cases
// with credentials are unsupported.
type Credentials struct {
	// Client proves that the kit is Name, to messengers that listen. It gives authorizers of cephx:
	// a cephx.SharedKeyClient, or a monclient.Client, which has tickets of the monitors.
	Client auth.Client
	Name   auth.EntityName
	// Other is another principal, who may have sessions with the messenger under test as well. Nil
	// has the kit make tickets for one, if there are Secrets.
	Other auth.Client
	// Service is the type of the entity whose tickets these are: that of the messenger under test
	// if it listens, that of the kit if it is called. Equals are of one type.
	Service wire.EntityType
	// Secrets are those with which tickets for Service are sealed: a cephx.Keyring with the key
	// that all of them share, or a cephx.RotatingKeyring. With them the kit opens the tickets of
	// who calls it, and makes tickets that nobody would give it, such as one that has expired. Nil
	// leaves such cases out, and the role of a client as a whole.
	Secrets cephx.SecretSource
}

// The words of authorizer=… that are about credentials.
const (
	authorizerGood       = "good"
	authorizerOther      = "other"
	authorizerUnanswered = "unanswered"
	authorizerReplayed   = "replayed"
	authorizerWrongKey   = "wrong-key"
	authorizerForged     = "forged"
	authorizerExpired    = "expired"
	authorizerNewKey     = "new-key"
	authorizerService    = "wrong-service"
)

// authorizer returns credentials of one of the words that stand for a way to get them: good, other,
// wrong-key, forged, expired, new-key, wrong-service. Of those that a messenger must refuse the
// reply proves nothing to anybody.
func (c *Credentials) authorizer(ctx context.Context, word string) (auth.Authorizer, error) {
	if word == authorizerOther && c.Other != nil {
		return required(auth.AuthorizerOf(ctx, c.Other, c.Service, false))
	}
	good, err := required(auth.AuthorizerOf(ctx, c.Client, c.Service, false))
	if err != nil || word == authorizerGood {
		return good, err
	}
	a, err := cephx.DecodeAuthorizer(good.Bytes())
	if err != nil {
		return nil, err
	}
	ticket := cephx.Ticket{Service: a.Service, GlobalID: a.GlobalID, Blob: a.Ticket}
	if ticket.SessionKey, err = cephx.GenerateKey(nil, time.Now()); err != nil {
		return nil, err
	}
	switch word {
	case authorizerWrongKey:
	case authorizerService:
		ticket.Service = wire.EntityMDS
		if a.Service == wire.EntityMDS {
			ticket.Service = wire.EntityOSD
		}
	case authorizerForged:
		if ticket.Blob, err = forged(c.Name, ticket, a.Ticket.SecretID); err != nil {
			return nil, err
		}
	default:
		if err := c.reseal(&ticket, word); err != nil {
			return nil, err
		}
	}
	return ticket.NewAuthorizer(cephx.Requirements{}, nil)
}

// required turns no credentials into an error.
func required(a auth.Authorizer, err error) (auth.Authorizer, error) {
	switch {
	case err != nil:
		return nil, errors.WithMessage(err, "the kit's credentials")
	case a == nil:
		return nil, errors.New("the kit has no credentials for this type of messenger")
	}
	return a, nil
}

// forged returns a ticket that is as it must be, but sealed with a key of nobody's.
func forged(name auth.EntityName, t cephx.Ticket, secretID uint64) (cephx.TicketBlob, error) {
	key, err := cephx.GenerateKey(nil, time.Now())
	if err != nil {
		return cephx.TicketBlob{}, err
	}
	now := time.Now()
	info := cephx.ServiceTicketInfo{SessionKey: t.SessionKey, Ticket: cephx.AuthTicket{Name: name,
		GlobalID: t.GlobalID, Created: now, Expires: now.Add(time.Hour)}}
	return info.Seal(key, secretID), nil
}

// longExpired is how long before now an expired ticket has expired: beyond any grace.
const longExpired = 48 * time.Hour

// reseal opens a ticket with the service's secret and seals another one, which the word describes.
func (c *Credentials) reseal(t *cephx.Ticket, word string) error {
	if c.Secrets == nil {
		return errNotHere
	}
	secret, err := c.Secrets.ServiceSecret(c.Service, t.Blob.SecretID)
	if err != nil {
		return err
	}
	info, err := t.Blob.Open(secret)
	if err != nil {
		return err
	}
	info.SessionKey = t.SessionKey
	switch word {
	case authorizerOther:
		info.Ticket.Name.ID += "4711"
		info.Ticket.GlobalID += 4711
		t.GlobalID = info.Ticket.GlobalID
	case authorizerExpired:
		info.Ticket.Created = info.Ticket.Created.Add(-2 * longExpired)
		info.Ticket.Expires = time.Now().Add(-longExpired)
	}
	t.Blob = info.Seal(secret, t.Blob.SecretID)
	return nil
}

// numberOf returns the number in the name of a peer with these credentials: a client is called by
// the global id that the monitors have given to it, a daemon by its id.
func numberOf(name auth.EntityName, a auth.Authorizer) (int64, bool) {
	if name.Type != wire.EntityClient {
		n, err := strconv.ParseInt(name.ID, 10, 63)
		return n, err == nil
	}
	decoded, err := cephx.DecodeAuthorizer(a.Bytes())
	return int64(decoded.GlobalID), err == nil && decoded.GlobalID != 0
}
