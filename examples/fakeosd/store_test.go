package main

import (
	"testing"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
)

// send carries out the steps of one request and returns the reply and what was read.
func send(t *testing.T, s *store, data string,
	ops ...messages.ObjectOp) (messages.OSDOpReply, string) {
	t.Helper()
	op := messages.OSDOp{PG: messages.PG{Pool: 1}, Object: "o", Ops: ops, Snap: messages.NoSnap}
	m, err := s.answer(t.Context(), &simplemsgr.Message{Version: messages.OSDOpVersion,
		Front: op.Append(nil), Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	var reply messages.OSDOpReply
	if err := reply.Decode(m.Version, m.Front); err != nil {
		t.Fatal(err)
	}
	return reply, string(m.Data)
}

func TestSteps(t *testing.T) {
	s := newStore()
	read := messages.NewExtentOp(messages.OpRead, 0, 0, 0)
	create := messages.ObjectOp{Op: messages.OpCreate, Flags: exclusive}
	for _, step := range []struct {
		what    string
		data    string
		ops     []messages.ObjectOp
		result  messages.Errno
		read    string
		version uint64
	}{
		{"read what is not there", "", []messages.ObjectOp{read}, messages.ENOENT, "", 0},
		{"create it", "", []messages.ObjectOp{create}, 0, "", 1},
		{"create it again", "", []messages.ObjectOp{create}, messages.EEXIST, "", 0},
		{"write behind its end", "ab", []messages.ObjectOp{
			messages.NewExtentOp(messages.OpWrite, 2, 2, 2)}, 0, "", 2},
		{"read it", "", []messages.ObjectOp{read}, 0, "\x00\x00ab", 0},
		{"read a part", "", []messages.ObjectOp{
			messages.NewExtentOp(messages.OpRead, 3, 9, 0)}, 0, "b", 0},
		{"read behind the end", "", []messages.ObjectOp{
			messages.NewExtentOp(messages.OpRead, 1<<63, 1<<63, 0)}, 0, "", 0},
		{"write and read at once", "xyz", []messages.ObjectOp{
			messages.NewExtentOp(messages.OpWriteFull, 0, 3, 3), read}, 0, "xyz", 3},
		{"fail in the second step", "no", []messages.ObjectOp{
			messages.NewExtentOp(messages.OpWriteFull, 0, 2, 2), create}, messages.EEXIST, "", 0},
		{"more data than there is", "no", []messages.ObjectOp{
			messages.NewExtentOp(messages.OpWriteFull, 0, 3, 3)}, messages.EINVAL, "", 0},
		{"write far out", "x", []messages.ObjectOp{
			messages.NewExtentOp(messages.OpWrite, maxObject, 1, 1)}, messages.EFBIG, "", 0},
		{"what nobody knows", "", []messages.ObjectOp{{Op: 1}}, messages.EOPNOTSUPP, "", 0},
		{"nothing of that counts", "", []messages.ObjectOp{read}, 0, "xyz", 0},
		{"remove it", "", []messages.ObjectOp{{Op: messages.OpDelete}}, 0, "", 4},
	} {
		reply, got := send(t, s, step.data, step.ops...)
		if messages.Errno(reply.Result) != step.result || step.result == 0 && got != step.read ||
			reply.UserVersion != step.version {
			t.Errorf("%s: %v, %q, version %d; want %v, %q, %d", step.what,
				messages.Errno(reply.Result), got, reply.UserVersion, step.result, step.read,
				step.version)
		}
	}
}

func TestListingIsOfOneNamespace(t *testing.T) {
	s := newStore()
	pg := messages.PG{Pool: 1}
	for _, name := range []key{{"", "b"}, {"", "a"}, {"other", "c"}} {
		s.replace(pg, name, &object{})
	}
	reply, got := send(t, s, "", messages.ObjectOp{Op: messages.OpListPG})
	var list messages.ObjectList
	if err := list.Decode([]byte(got)); err != nil || reply.Result != messages.ListEnd {
		t.Fatalf("%v, result %d", err, reply.Result)
	}
	if len(list.Objects) != 2 || list.Objects[0].Name != "a" || list.Objects[1].Name != "b" {
		t.Errorf("listed: %v", list.Objects)
	}
}
