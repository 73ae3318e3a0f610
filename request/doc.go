// Package request makes calls of messages: a request goes out, and its reply comes back, whatever
// becomes of sockets meanwhile.
//
// A messenger carries messages, each for itself. Ceph puts requests on top of it, in its Objecter
// and its MonClient: a number that the reply repeats (the TID of the header), a table of what is
// under way, and a rule for what was under way when a session was lost. This is that part, for any
// kind of message and for either policy of sessions.
//
// The side that asks has a Client:
//
//	client := request.NewClient(m, request.Options{})
//	reply, err := client.Call(ctx, peer, &simplemsgr.Message{Type: 1000, Front: question})
//	if err != nil { … }
//	defer reply.Release()
//
// The side that answers has a Server:
//
//	server := request.NewServer(request.ServerOptions{})
//	server.Handle(1000, func(ctx context.Context, q *simplemsgr.Message) (*simplemsgr.Message, error) {
//		return &simplemsgr.Message{Type: 1001, Front: answer(q.Front)}, nil
//	})
//	m.AddDispatcher(server)
//
// A messenger may have both, in any order. A handler may make calls, also to the one who asked
// (CallBack). But requests of one connection are handled one after the other: if what it asks him
// makes him ask again by the same connection, all wait until a context ends. Over the connection of
// a messenger to itself a reply is of another type than its request.
//
// Messages whose front part has a structure, as those of package messages, are made by Encode and
// read by Decode; Client.CallPayload and HandlePayload do that for both sides of a call.
//
// # Once or more than once
//
// A session that is lost takes requests along, and nobody can tell whether the peer had carried
// them out. What was never sent is sent again by the next session, at once. For what was sent the
// caller says it beforehand: a call that is AtMostOnce, which is the default, fails with
// ErrUncertain; one that is AtLeastOnce is sent again, so the peer may carry it out twice: right
// for what may be repeated, such as reading. Exactly once is AtLeastOnce with a peer that knows
// requests again: the TID is the same for all that is sent of one call, and for no other call of
// the Client.
//
// Within a session that lives the messenger itself sees to it that a request arrives once, over as
// many sockets as that takes. A lossy session ends with its socket.
package request
