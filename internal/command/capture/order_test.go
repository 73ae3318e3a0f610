package capture

import "testing"

// Packets that were recorded out of order lose nothing: sequence numbers decide.
func TestPacketsOutOfOrder(t *testing.T) {
	for _, c := range []struct {
		name    string
		packets func(s *sniffer)
		client  string
		server  string
	}{
		{"midway, the first two swapped", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 104, "def")
			s.tcp(clientEnd, serverEnd, "", 101, "abc")
			s.tcp(clientEnd, serverEnd, "", 107, "ghi")
		}, "abcdefghi", ""},
		{"SYN and ACK before the SYN", func(s *sniffer) {
			s.tcp(serverEnd, clientEnd, "SA", 200, "")
			s.tcp(clientEnd, serverEnd, "S", 100, "")
			s.tcp(serverEnd, clientEnd, "", 201, "banner")
			s.tcp(clientEnd, serverEnd, "", 101, "abc")
		}, "abc", "banner"},
		{"midway, the third before the first", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 107, "ghi")
			s.tcp(clientEnd, serverEnd, "", 101, "abc")
			s.tcp(clientEnd, serverEnd, "", 104, "def")
		}, "abcdefghi", ""},
		{"midway, the answer first, and who is who guessed wrong", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 101, "abc")
			s.tcp(serverEnd, clientEnd, "SA", 200, "")
			s.tcp(clientEnd, serverEnd, "S", 100, "")
			s.tcp(serverEnd, clientEnd, "", 201, "banner")
		}, "abc", "banner"},
		{"data before the SYN", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 101, "abc")
			s.tcp(clientEnd, serverEnd, "S", 100, "")
			s.tcp(serverEnd, clientEnd, "SA", 200, "")
			s.tcp(serverEnd, clientEnd, "", 201, "banner")
		}, "abc", "banner"},
	} {
		s := &sniffer{t: t}
		c.packets(s)
		connections := s.read()
		if len(connections) == 0 {
			t.Fatalf("%s: no connection", c.name)
		}
		first := connections[0]
		client, server := first.Stream(FromClient), first.Stream(FromServer)
		if len(connections) != 1 || string(client.Bytes()) != c.client ||
			string(server.Bytes()) != c.server || client.Retransmitted != 0 {
			t.Errorf("%s: %d connections, client %q, server %q, want 1, %q, %q, nothing "+
				"retransmitted", c.name, len(connections), client.Bytes(), server.Bytes(), c.client,
				c.server)
		}
	}
}
