package decode

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// packets splits a pcap file into its header and its records.
func packets(t *testing.T, name string) (header []byte, records [][]byte) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../testdata/captures", name))
	if err != nil {
		t.Fatal(err)
	}
	header, b = b[:24], b[24:]
	for len(b) > 0 {
		n := 16 + binary.LittleEndian.Uint32(b[8:])
		records, b = append(records, b[:n]), b[n:]
	}
	return header, records
}

func summaryOf(t *testing.T, capture []byte) Summary {
	t.Helper()
	var out bytes.Buffer
	s, err := Reader(t.Context(), &out, bytes.NewReader(capture), Options{Brief: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A real capture says the same however it is compressed, and with neighbouring packets in the wrong
// order.
func TestOrderAndCompressionChangeNothing(t *testing.T) {
	for _, name := range []string{"14.2.21-simple-none-client.pcap",
		"16.2.15-async-cephx-client.pcap"} {
		header, records := packets(t, name)
		want := summaryOf(t, bytes.Join(append([][]byte{header}, records...), nil))
		if want.Frames < 100 || want.Malformed != 0 {
			t.Fatalf("%s: %+v", name, want)
		}
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		_, _ = z.Write(bytes.Join(append([][]byte{header}, records...), nil))
		_ = z.Close()
		if got := summaryOf(t, zipped.Bytes()); got != want {
			t.Errorf("%s, compressed: %+v, want %+v", name, got, want)
		}
		for _, first := range []int{0, 1} {
			swapped := append([][]byte{header}, records...)
			for i := 1 + first; i+1 < len(swapped); i += 2 {
				swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			}
			if got := summaryOf(t, bytes.Join(swapped, nil)); got != want {
				t.Errorf("%s, packets swapped from %d on: %+v, want %+v", name, first, got, want)
			}
		}
		// Begun midway, wherever: what is whole is read, and nothing is taken for broken.
		for skip := 1; skip < len(records); skip += 7 {
			if got := summaryOf(t, bytes.Join(append([][]byte{header}, records[skip:]...),
				nil)); got.Malformed != 0 {
				t.Errorf("%s from packet %d on: %+v", name, skip, got)
			}
		}
	}
}
