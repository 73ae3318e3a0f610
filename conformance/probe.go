package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// capabilities are what probing has found that the target can do.
type capabilities struct {
	// lossy and lossless are whom the kit has to be for a session of that policy; nil if there is
	// no such session.
	lossy, lossless *ability
}

// ability is what a target does towards one identity.
type ability struct {
	Identity
	features wire.Features
	// echo: a ping is answered by a ping. In the role of a client: it sends pings by itself.
	echo bool
	// mirror: a message of any other type is sent back as it came.
	mirror bool
	habits
	trust
}

// need is a word that a case may have behind needs, and what is said if the target lacks it.
type need struct {
	word    string
	has     bool
	missing string
}

// errUnreachable says that probing has found nobody.
var errUnreachable = errors.New("conformance: the target cannot be reached")

// unreachableError says why nobody can be reached. It is errUnreachable.
type unreachableError struct{ error }

func (e *unreachableError) Is(target error) bool { return target == errUnreachable }
func (e *unreachableError) Unwrap() error        { return e.error }

// simplest is what is taken for granted of a target that could not be asked: lossy sessions with a
// client that brings no authorizer.
func simplest() capabilities {
	return capabilities{lossy: &ability{Identity: identityOf(wire.EntityClient, 0, false)}}
}

// prober asks a target what it can do.
type prober struct {
	target   *Target
	patience time.Duration
	random   *rand.Rand
}

// play runs steps with an identity, on an instance that is started for it.
func (b *prober) play(ctx context.Context, role Role, id Identity, lossy bool, text string) (*play,
	error) {
	cases, err := script.Parse(strings.NewReader(
		"case probe/probe\nabout -\nrules -\nrole "+string(role)+"\n"+text), "probe")
	if err != nil {
		return nil, err
	}
	p := newPlay(b.target, id, lossy, b.patience, b.random)
	ended, err := p.start(ctx, role, cases[0].Address, false)
	if err != nil {
		return p, &unreachableError{err}
	}
	defer ended()
	defer p.end()
	return p, p.run(ctx, cases[0].Steps)
}

// server finds out what a server can do. Which protocol version it wants tells of which type it is.
func (b *prober) server(ctx context.Context) (capabilities, error) {
	var c capabilities
	client := identityOf(wire.EntityClient, 0, false)
	if b.target.Credentials != nil {
		client = identityWith(b.target.Credentials)
	}
	p, err := b.play(ctx, RoleServer, client, true, `dial
		expect greeting
		send greeting
		send connect protocol_version=0xfffffff1
		expect reply`)
	if err != nil {
		return c, err
	}
	client.ProtocolVersion = p.current.reply.ProtocolVersion
	ids := identities(client, &p.current.peerAddr.Nonce)
	var refused error
	for _, id := range ids {
		a, lossy, err := b.ability(ctx, id)
		switch {
		case err != nil:
			refused = err
		case lossy && c.lossy == nil:
			c.lossy = a
		case !lossy && c.lossless == nil:
			c.lossless = a
		}
	}
	if c.lossy == nil && c.lossless == nil {
		if credentials := client.credentials; credentials != nil {
			c.lossy = &ability{Identity: ids[0], trust: trustWith(credentials)}
		}
		return c, refused
	}
	return c, nil
}

// identities are who the kit may be towards a server that wants such a version of clients: with
// credentials whoever they are of, else a client, or an equal.
func identities(client Identity, nonce *uint32) []Identity {
	if c := client.credentials; c != nil {
		client.equal(c.Service, nonce)
		return []Identity{client}
	}
	ids := []Identity{client,
		identityOf(wire.EntityClient, client.ProtocolVersion, true)}
	for _, t := range []wire.EntityType{wire.EntityMon, wire.EntityOSD, wire.EntityMDS} {
		if wire.ProtocolVersion(t, wire.EntityClient) == client.ProtocolVersion {
			equal := identityOf(t, wire.ProtocolVersion(t, t), true)
			equal.lowerThan = nonce
			ids = append(ids, equal)
		}
	}
	return ids
}

// ability opens a session with an identity and asks for an answer to a ping.
func (b *prober) ability(ctx context.Context, id Identity) (a *ability, lossy bool, err error) {
	p, err := b.play(ctx, RoleServer, id, true, "open")
	if err != nil {
		return nil, false, err
	}
	reply := p.current.reply
	a = &ability{Identity: id, features: reply.Features, trust: b.trust(ctx, id, p)}
	_, err = b.play(ctx, RoleServer, id, true, "open\nsend msg\nexpect msg type=2")
	a.echo = err == nil
	if a.echo {
		// The ping behind it saves waiting for an answer that does not come.
		_, err = b.play(ctx, RoleServer, id, true, `open
			send msg type=0xe000 tid=77 version=3 front=text:kit middle=text:m data=text:d
			send msg
			expect msg type=0xe000 tid=77 version=3 front_len=3 middle_len=1 data_len=1`)
		a.mirror = err == nil
	}
	return a, reply.Flags&wire.FlagLossy != 0, nil
}

// words says what was found.
func (c *capabilities) words() []string {
	var words []string
	for _, one := range []struct {
		policy string
		a      *ability
	}{{"lossy", c.lossy}, {"lossless", c.lossless}} {
		if one.a == nil {
			words = append(words, "no "+one.policy+" session")
			continue
		}
		text := fmt.Sprintf("%s sessions with a peer of type %v", one.policy, one.a.Type)
		if one.a.echo {
			text += ", with pings"
		}
		if one.a.mirror {
			text += ", and other messages come back"
		}
		if one.a.cephx {
			text += ", with credentials of cephx"
		}
		words = append(words, text)
	}
	return words
}

// lack is what a target lacks of what a case needs, by the case's word for it, and in a sentence.
type lack struct{ need, missing string }

// lacks says what the target lacks of what a case needs, nothing if it has everything.
func (c *capabilities) lacks(k *script.Case) (a *ability, lossy bool, lacking lack) {
	switch {
	case k.Policy != "lossless" && c.lossy != nil:
		a, lossy = c.lossy, true
	case k.Policy != "lossy":
		a = c.lossless
	}
	if a == nil {
		return nil, false, lack{k.Policy, "it has no " + k.Policy + " session for the kit"}
	}
	for _, need := range k.Needs {
		switch name, found := strings.CutPrefix(need, "feature:"); {
		case found:
			info, known := wire.LookupFeature(name)
			if !known || !a.features.Has(info.Mask) {
				return nil, false, lack{need, "it does not offer " + name}
			}
		case need == "echo" && !a.echo:
			return nil, false, lack{need, "it does not answer pings"}
		case need == "mirror" && !a.mirror:
			return nil, false, lack{need, "it does not send other messages back"}
		case need == "calls" && !a.echo:
			return nil, false, lack{need, "it sends no messages"}
		case slices.Contains([]string{"echo", "mirror", "calls"}, need):
		default:
			if missing := a.wants(need); missing != "" {
				return nil, false, lack{need, missing}
			}
		}
	}
	return a, lossy, lack{missing: a.habits.unordered(k.Address)}
}
