package authtest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/test/realpeer"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// changedClient changes every authorizer of a client.
type changedClient struct {
	auth.Client
	change func(a auth.Authorizer, fresh bool) auth.Authorizer
}

func (c changedClient) Authorizer(peer wire.EntityType, fresh bool) (auth.Authorizer, error) {
	a, err := c.Client.Authorizer(peer, fresh)
	if a == nil || err != nil {
		return a, err
	}
	return c.change(a, fresh), nil
}

// mute never answers a challenge: it sends the same authorizer again.
type mute struct{ auth.Authorizer }

func (mute) AnswerChallenge([]byte) error { return nil }

func TestChallengeMustBeAnswered(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		monitors := dial(t, settings(t, c, "client.admin"))
		osds, records := objects(t, monitors, func(config *simplemsgr.Config) {
			config.AuthClient = changedClient{monitors,
				func(a auth.Authorizer, _ bool) auth.Authorizer {
					return mute{a}
				}}
		})
		_, err := osds.Get(deadline(t), pool, "anything", nil)
		if !errors.Is(err, protocol.ErrBadAuthorizer) {
			t.Errorf("%v", err)
		}
		expectReplies(t, records, wire.TagChallengeAuthorizer, wire.TagBadAuthorizer)
	})
}

// expectReplies looks for these tags among the replies, in that order and perhaps with others
// between.
func expectReplies(t *testing.T, records *trace.Recorder, tags ...wire.Tag) {
	t.Helper()
	var got []wire.Tag
	for _, r := range trace.Of[trace.ReplyReceived](records.Records()) {
		got = append(got, r.Reply.Tag)
		if len(tags) > 0 && r.Reply.Tag == tags[0] {
			tags = tags[1:]
		}
	}
	if len(tags) > 0 {
		t.Errorf("no %v in the replies %v", tags, got)
	}
}

// recorded keeps what opened a session.
type recorded struct {
	auth.Authorizer
	bytes *[]byte
}

func (r recorded) VerifyReply(reply []byte, features wire.Features) (auth.Security, error) {
	*r.bytes = bytes.Clone(r.Authorizer.Bytes())
	return r.Authorizer.VerifyReply(reply, features)
}

// replayed is somebody who has nothing but what was recorded.
type replayed struct{ bytes []byte }

func (replayed) Protocol() uint32                                         { return wire.AuthCephx }
func (r replayed) Bytes() []byte                                          { return r.bytes }
func (replayed) AnswerChallenge([]byte) error                             { return nil }
func (replayed) VerifyReply([]byte, wire.Features) (auth.Security, error) { return nil, nil }

func TestReplayedAuthorizerIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		monitors := dial(t, settings(t, c, "client.admin"))
		var tape []byte
		osds, _ := objects(t, monitors, func(config *simplemsgr.Config) {
			config.AuthClient = changedClient{monitors,
				func(a auth.Authorizer, _ bool) auth.Authorizer {
					return recorded{a, &tape}
				}}
		})
		roundTrip(t, osds)
		if len(tape) == 0 {
			t.Fatal("nothing was recorded")
		}
		thief, records := objects(t, monitors, func(config *simplemsgr.Config) {
			config.AuthClient = changedClient{monitors,
				func(auth.Authorizer, bool) auth.Authorizer {
					return replayed{tape}
				}}
		})
		if _, err := thief.Get(deadline(t), pool, t.Name(),
			nil); !errors.Is(err, protocol.ErrBadAuthorizer) {
			t.Errorf("%v", err)
		}
		expectReplies(t, records, wire.TagChallengeAuthorizer, wire.TagBadAuthorizer)
	})
}

// worn is an authorizer with a ticket that the osd cannot open, as after two rotations of its
// secrets.
type worn struct{ auth.Authorizer }

func (w worn) Bytes() []byte {
	a, err := cephx.DecodeAuthorizer(w.Authorizer.Bytes())
	if err != nil {
		panic(err)
	}
	a.Ticket.SecretID -= 3
	return a.Append(nil)
}

// An osd refuses a ticket; we get a new one from the monitors, and the osd takes it, on the same
// socket.
func TestRefusedTicketIsRenewed(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		s := settings(t, c, "client.admin")
		conversation := new(trace.Recorder)
		s.Tracer = conversation
		monitors := dial(t, s)
		before := sent(conversation, messages.TypeAuth)
		osds, records := objects(t, monitors, func(config *simplemsgr.Config) {
			config.AuthClient = changedClient{monitors,
				func(a auth.Authorizer, fresh bool) auth.Authorizer {
					if fresh {
						return a
					}
					return worn{a}
				}}
		})
		roundTrip(t, osds)
		expectReplies(t, records, wire.TagBadAuthorizer, wire.TagChallengeAuthorizer)
		if n := sent(conversation, messages.TypeAuth) - before; n != 1 {
			t.Errorf("%d more requests to the monitor, want 1 for new tickets", n)
		}
		if faults := trace.Of[trace.Faulted](records.Records()); len(faults) > 0 {
			t.Errorf("%v", faults[0].Err)
		}
	})
}

func sent(records *trace.Recorder, typ messages.Type) (n int) {
	for _, e := range trace.Of[trace.MessageSent](records.Records()) {
		if messages.Type(e.Header.Type) == typ {
			n++
		}
	}
	return n
}

// Who is thrown out keeps the session and the tickets, as in Ceph, and gets no new ones.
func TestRevokedKey(t *testing.T) {
	onEach(t, func(t *testing.T, c *realpeer.Cluster) {
		out := run(t, c,
			`{"prefix": "auth get-or-create", "entity": "client.revoked", "caps": ["mon", "allow r", "osd", "allow *"]}`)
		keyring, err := cephx.ParseKeyring(bytes.NewReader(out), "auth get-or-create")
		if err != nil {
			t.Fatal(err)
		}
		name, err := auth.ParseEntityName("client.revoked")
		if err != nil {
			t.Fatal(err)
		}
		entry, err := keyring.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		s := settings(t, c, "client.admin")
		s.Name, s.Key = name, entry.Key
		monitors := dial(t, s)
		osds, _ := objects(t, monitors, nil)
		roundTrip(t, osds)

		run(t, c, `{"prefix": "auth rm", "entity": "client.revoked"}`)
		again, _ := objects(t, monitors, nil)
		roundTrip(t, again)
		// 20.2 says nothing and closes the connection.
		if _, err := monitors.Authorizer(wire.EntityOSD,
			true); !errors.Is(err, auth.ErrRefused) && (c.Release != "20.2" || err == nil) {
			t.Errorf("new ticket: %v", err)
		}
		if _, err := monclient.Dial(deadline(t), s.Config(wire.EntityOSD)); !errors.Is(err,
			auth.ErrRefused) || !strings.Contains(err.Error(), "no such entity, ") {
			t.Errorf("new login: %v", err)
		}
	})
}
