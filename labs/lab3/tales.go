package lab3

import (
	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
)

// tale is a sequence of happenings that is worth to be told.
type tale struct {
	what       string
	policy     policy
	happenings []happening
}

func arrives(pipe int, peer structures.Addr, connectSeq, globalSeq uint32) happening {
	return happening{Op: "arrive", Pipe: pipe, Peer: peer, ConnectSeq: connectSeq,
		GlobalSeq: globalSeq}
}

func tales() []tale {
	restarted := higher
	restarted.Nonce = 77
	equals := policy{Local: lower, ResetCheck: true}
	return []tale{
		{"a peer, and another one after its restart", equals, []happening{
			arrives(1, higher, 0, 1), arrives(2, restarted, 0, 1)}},
		{"a session goes on over the next socket", equals, []happening{
			arrives(1, higher, 0, 1), {Op: "received", Pipe: 1, Seq: 12}, {Op: "fault", Pipe: 1},
			arrives(2, higher, 1, 2), arrives(3, higher, 2, 3)}},
		{"the fault of a pipe that was replaced comes late", equals, []happening{
			arrives(1, higher, 0, 1), arrives(2, higher, 5, 2), {Op: "fault", Pipe: 1},
			{Op: "received", Pipe: 1, Seq: 99}}},
		{"a lossy peer connects anew", policy{Local: lower, Lossy: true, Server: true}, []happening{
			arrives(1, higher, 0, 1), {Op: "received", Pipe: 1, Seq: 3}, arrives(2, higher, 0, 2),
			{Op: "fault", Pipe: 1}, {Op: "fault", Pipe: 2}}},
		{"a peer restarts at the same address", equals, []happening{
			arrives(1, higher, 0, 7), {Op: "received", Pipe: 1, Seq: 3}, arrives(2, higher, 0, 1),
			arrives(3, higher, 0, 8)}},
		{"marked down", equals, []happening{
			arrives(1, higher, 0, 1), {Op: "mark_down", Peer: higher}, {Op: "fault", Pipe: 1},
			arrives(2, higher, 1, 2), arrives(3, higher, 0, 3)}},
		{"both call, and our address is the lower one", equals, []happening{
			{Op: "dial", Pipe: 1, Peer: higher}, {Op: "dial", Pipe: 2, Peer: higher},
			arrives(3, higher, 0, 1), {Op: "opened", Pipe: 1, ConnectSeq: 1, GlobalSeq: 4}}},
		{"both call, and the peer's address is the lower one", policy{Local: higher}, []happening{
			{Op: "dial", Pipe: 1, Peer: lower}, arrives(2, lower, 0, 1),
			{Op: "opened", Pipe: 1, ConnectSeq: 1, GlobalSeq: 4}}},
	}
}

// drawn returns happenings among a few peers.
func drawn(s *grade.Session) (all []happening) {
	peers := []structures.Addr{lower, higher, lower, higher}
	peers[0].Nonce, peers[1].Nonce, peers[2].Nonce = 256, 1, 3
	r := s.Random
	for pipe := 1; pipe <= 40; pipe++ {
		h := happening{Pipe: pipe, Peer: peers[r.IntN(len(peers))]}
		switch n := r.IntN(10); {
		case n < 4:
			h.Op, h.ConnectSeq, h.GlobalSeq = "arrive", uint32(r.IntN(5)), uint32(pipe/4+r.IntN(4))
		case n < 6:
			h.Op = "dial"
		case n < 7:
			h.Op, h.Pipe = "opened", 1+r.IntN(pipe)
			h.ConnectSeq, h.GlobalSeq = uint32(1+r.IntN(3)), uint32(pipe/4)
		case n < 8:
			h.Op, h.Pipe, h.Seq = "received", 1+r.IntN(pipe), uint64(r.IntN(30))
		case n < 9:
			h.Op, h.Pipe = "fault", 1+r.IntN(pipe)
		default:
			h.Op = "mark_down"
		}
		all = append(all, h)
	}
	return all
}
