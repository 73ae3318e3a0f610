package python

import (
	"net"
	"testing"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/wire"
)

// A scripted server that has forgotten what it knew: the client does what each answer asks for, and
// asks anew what was lost with the session.
func TestClientReactsAsTheTableSays(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	addr := wire.EntityAddrFromNet(listener.Addr(), 9)
	accept := func() *rawpeer.Peer {
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		peer := rawpeer.New(t, conn, wire.EntityInst{Name: wire.OSD(0), Addr: addr})
		peer.GreetClient()
		return peer
	}
	command := python(t, "client.py", addr.String(), "--policy", "lossless", "--timeout", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}

	peer := accept()
	c, _ := peer.ExpectConnect()
	for _, tag := range []wire.Tag{wire.TagWait, wire.TagBadAuthorizer, wire.TagFeatures} {
		peer.SendReply(peer.Reply(tag, c)) // a fault each: another socket comes
		peer.Close()
		peer = accept()
		c, _ = peer.ExpectConnect()
	}
	reply := peer.Reply(wire.TagRetryGlobal, c)
	reply.GlobalSeq = 41
	peer.SendReply(reply)
	if c, _ = peer.ExpectConnect(); c.GlobalSeq != 42 {
		t.Errorf("after RETRY_GLOBAL 41: %+v", c)
	}
	peer.SendReady(c)
	peer.ExpectMessage()
	peer.Close()

	peer = accept()
	if c, _ = peer.ExpectConnect(); c.ConnectSeq != 2 {
		t.Errorf("after a broken socket: %+v", c)
	}
	reply = peer.Reply(wire.TagRetrySession, c)
	reply.ConnectSeq = 5
	peer.SendReply(reply)
	if c, _ = peer.ExpectConnect(); c.ConnectSeq != 5 {
		t.Errorf("after RETRY_SESSION 5: %+v", c)
	}
	peer.SendReply(peer.Reply(wire.TagResetSession, c))
	if c, _ = peer.ExpectConnect(); c.ConnectSeq != 0 {
		t.Errorf("after RESETSESSION: %+v", c)
	}
	peer.SendReady(c)
	peer.ExpectMessage()
	peer.SendMessage(typePing, "")
	peer.ExpectFrame(wire.TagClose, wire.TagAck)
	peer.SendTag(wire.TagClose)
	if err := command.Wait(); err != nil {
		t.Errorf("client.py: %v", err)
	}
	peer.Close()
}
