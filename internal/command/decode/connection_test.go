package decode

import (
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"simplemessenger/internal/command/capture"
)

// recorded returns what a sniffer gives for one connection; without a SYN if it came too late.
func recorded(t *testing.T, midway bool, client, server string) []*capture.Connection {
	t.Helper()
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	file = append(file, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0,
		byte(layers.LinkTypeRaw), 0, 0, 0)
	packet := func(from, to int, syn bool, payload string) {
		ends := [2]net.IP{{10, 0, 0, 1}, {10, 0, 0, 2}}
		ports := [2]layers.TCPPort{40000, 6789}
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: ends[from],
			DstIP: ends[to]}
		tcp := &layers.TCP{SrcPort: ports[from], DstPort: ports[to], Seq: 1000, SYN: syn, ACK: !syn}
		if !syn {
			tcp.Seq++
		}
		_ = tcp.SetNetworkLayerForChecksum(ip)
		b := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, ip, tcp,
			gopacket.Payload(payload)); err != nil {
			t.Fatal(err)
		}
		for _, v := range []uint32{1, 2, uint32(len(b.Bytes())), uint32(len(b.Bytes()))} {
			file = binary.LittleEndian.AppendUint32(file, v)
		}
		file = append(file, b.Bytes()...)
	}
	if !midway {
		packet(0, 1, true, "")
	}
	packet(1, 0, false, server)
	packet(0, 1, false, client)
	connections, err := capture.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return connections
}

func TestOtherProtocols(t *testing.T) {
	both := string(serverBanner())
	for _, test := range []struct {
		name           string
		midway         bool
		client, server string
		protocol       string
		frames         string
	}{
		{"ours", false, string(clientBanner()), both, "", "<BANNER >BANNER"},
		{"ours, of another version", false, "", strings.Replace(both, "v027", "v015", 1), "",
			"<BANNER"},
		{"ours, cut off at once", false, "", "ce", "", "<BANNER"},
		{"ours, only the client spoke", false, string(clientBanner()), "", "", ">BANNER"},
		{"msgr2", false, "ceph v2\n\x10\x00", "ceph v2\n\x10\x00", "msgr2", ""},
		{"http", false, "GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "not protocol v1", ""},
		{"nothing", false, "", "", "nothing was said", ""},
		{"midway", true, string(msg(1)), string(msg(2)), "", "<MSG >MSG"},
		{"midway, http", true, "GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n",
			"nothing in it looks like protocol v1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			connections := Connections(recorded(t, test.midway, test.client, test.server))
			if len(connections) != 1 {
				t.Fatalf("%d connections", len(connections))
			}
			c := connections[0]
			var names []string
			for _, f := range c.Frames {
				names = append(names, f.Direction.String()+f.Name())
			}
			if got := strings.Join(names, " "); c.Protocol != test.protocol || got != test.frames {
				t.Errorf("%q, frames %q, want %q, %q", c.Protocol, got, test.protocol, test.frames)
			}
			var text strings.Builder
			p := &textPrinter{w: &text}
			if err := p.connection(c); err != nil || !strings.HasPrefix(text.String(),
				"connection 1: 10.0.0.1:40000 > 10.0.0.2:6789, packets 1 to ") ||
				strings.Contains(text.String(), "its beginning was not recorded") != test.midway ||
				!strings.HasSuffix(text.String(), test.protocol+"\n") {
				t.Errorf("%q, %v", text.String(), err)
			}
		})
	}
}

func TestFieldsOfUnusualValues(t *testing.T) {
	six := serverAddr
	six.IP, six.FlowInfo, six.ScopeID = addrPort("[2001:db8::1]:1").Addr(), 5, 6
	f := &Frame{Bytes: six.Append(nil)}
	f.addr("addr.", 0)
	for name, want := range map[string]any{
		"addr.family": uint16(10), "addr.ip": "2001:db8::1", "addr.flowinfo": uint32(5),
		"addr.scope_id": uint32(6), "addr.port": uint16(6789), "addr.nonce": uint32(7),
	} {
		if got := f.Field(name); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	f = &Frame{Bytes: change(six.Append(nil), 8, 0, 3)}
	f.addr("", 0)
	if f.Fields[2].Text != "unknown" || len(f.Malformed) != 1 {
		t.Errorf("unknown family: %+v, %v", f.Fields, f.Malformed)
	}
	f = &Frame{Bytes: change(six.Append(nil), 8, 0, 0)}
	f.addr("", 0)
	if f.Fields[2].Text != "blank" || len(f.Malformed) != 0 {
		t.Errorf("blank address: %+v, %v", f.Fields, f.Malformed)
	}
	for p, want := range map[uint32]string{0: "unknown", 1: "none", 2: "cephx", 3: "?"} {
		if got := authorizerProtocol(p); got != want {
			t.Errorf("authorizer protocol %d is %q, want %q", p, got, want)
		}
	}
}
