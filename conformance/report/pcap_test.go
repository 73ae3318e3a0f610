package report

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/gopacket/gopacket/reassembly"

	"simplemessenger/conformance"
	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
)

func pcapOf(t *testing.T, r *conformance.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WritePcap(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What decode finds in the capture of a case is what the report tells of it.
func TestPcapHasTheFrames(t *testing.T) {
	for _, r := range played(t, cases, conformance.Options{}).Results {
		t.Run(r.Case.Name, func(t *testing.T) {
			recorded, err := capture.Read(bytes.NewReader(pcapOf(t, r)))
			if err != nil {
				t.Fatal(err)
			}
			connections := decode.Connections(recorded)
			want := map[int][]Frame{}
			for _, f := range Frames(r) {
				if f.Frame != nil {
					want[f.Connection] = append(want[f.Connection], f)
				}
			}
			if len(connections) != len(want) {
				t.Fatalf("%d connections, want %d", len(connections), len(want))
			}
			for i, c := range connections {
				sameFrames(t, c, want[i+1])
			}
		})
	}
}

func sameFrames(t *testing.T, c *decode.Connection, want []Frame) {
	t.Helper()
	if c.Protocol != "" || len(c.Frames) != len(want) || c.Server.Port() != serverPort {
		t.Fatalf("%s: %d frames, want %d", c.Protocol, len(c.Frames), len(want))
	}
	for i, f := range c.Frames {
		w := want[i]
		if f.Name() != w.Name() || f.Direction != w.Direction || f.Offset != w.Offset ||
			!bytes.Equal(f.Bytes, w.Bytes) || f.Summary != w.Summary ||
			!f.Time.Equal(w.Time.Truncate(time.Microsecond)) {
			t.Errorf("frame %d: %+v, want %+v", i, f, w)
		}
	}
}

// The sockets of a case are told apart, also those that have one name.
func TestPcapOfSeveralSockets(t *testing.T) {
	r := result(t, played(t, cases, conformance.Options{}), "wrong/sockets")
	var names []string
	seen := map[int]bool{}
	for _, f := range Frames(r) {
		if !seen[f.Connection] {
			seen[f.Connection] = true
			names = append(names, f.Socket)
		}
	}
	if len(names) != 3 || names[0] != "a" || names[1] != "b" || names[2] != "a" {
		t.Fatalf("sockets %q", names)
	}
	recorded, err := capture.Read(bytes.NewReader(pcapOf(t, r)))
	if err != nil || len(recorded) != 3 {
		t.Fatalf("%d connections, %v", len(recorded), err)
	}
	for i, c := range recorded {
		if c.Midway || int(c.Client.Port()) != firstPort+i {
			t.Errorf("connection %d: %+v", i+1, c)
		}
	}
}

// sides collects what gopacket finds in a capture.
type sides struct {
	streams map[string][]byte
	gaps    int
}

type oneSide struct {
	all  *sides
	flow string
}

func (s *sides) New(network, transport gopacket.Flow, _ *layers.TCP,
	_ reassembly.AssemblerContext) reassembly.Stream {
	return &oneSide{s, transport.String()}
}

func (*oneSide) Accept(*layers.TCP, gopacket.CaptureInfo, reassembly.TCPFlowDirection,
	reassembly.Sequence, *bool, reassembly.AssemblerContext) bool {
	return true
}

func (o *oneSide) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	direction, _, _, skipped := sg.Info()
	if skipped > 0 {
		o.all.gaps++
	}
	n, _ := sg.Lengths()
	key := o.flow
	if direction == reassembly.TCPDirServerToClient {
		key += " back"
	}
	o.all.streams[key] = append(o.all.streams[key], sg.Fetch(n)...)
}

func (*oneSide) ReassemblyComplete(reassembly.AssemblerContext) bool { return true }

// gopacket, which is not ours, reads the same bytes in it.
func TestPcapWithGopacket(t *testing.T) {
	r := result(t, played(t, cases, conformance.Options{}), "wrong/sockets")
	big := conformance.Chunk{Socket: "big", Connection: 9, Dialed: true, FromKit: true,
		Time: time.Unix(5, 6000), Bytes: bytes.Repeat([]byte("0123456789"), 20000)}
	r.Chunks = append(r.Chunks, big)
	reader, err := pcapgo.NewReader(bytes.NewReader(pcapOf(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	all := &sides{streams: map[string][]byte{}}
	assembler := reassembly.NewAssembler(reassembly.NewStreamPool(all))
	for {
		data, info, err := reader.ReadPacketData()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := gopacket.NewPacket(data, layers.LinkTypeEthernet, gopacket.Default)
		tcp, ok := p.TransportLayer().(*layers.TCP)
		if !ok || p.ErrorLayer() != nil || info.CaptureLength != info.Length {
			t.Fatalf("%v", p)
		}
		assembler.AssembleWithContext(p.NetworkLayer().NetworkFlow(), tcp, at{info})
	}
	assembler.FlushAll()
	want := map[string][]byte{}
	ports := map[int]string{1: "50001->6789", 2: "50002->6789", 3: "50003->6789", 9: "50004->6789"}
	for _, c := range r.Chunks {
		key := ports[c.Connection]
		if c.FromKit != c.Dialed {
			key += " back"
		}
		want[key] = append(want[key], c.Bytes...)
	}
	for key, b := range want {
		if !bytes.Equal(all.streams[key], b) {
			t.Errorf("%s: %d bytes, want %d", key, len(all.streams[key]), len(b))
		}
	}
	if all.gaps > 0 || len(want) != 6 {
		t.Errorf("%d gaps, %d streams", all.gaps, len(want))
	}
}

// at tells gopacket when a packet came.
type at struct{ info gopacket.CaptureInfo }

func (a at) GetCaptureInfo() gopacket.CaptureInfo { return a.info }
