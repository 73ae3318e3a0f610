package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"simplemessenger/wire"
)

const vectorDir = "../testdata/vectors"

// vector is one entry of testdata/vectors; the README there documents it.
type vector struct {
	Name      string          `json:"name"`
	Structure string          `json:"structure"`
	Source    string          `json:"source"`
	Hex       string          `json:"hex"`
	Fields    json.RawMessage `json:"fields"`
}

// Numbers of the vectors that are not JSON numbers.
type (
	hex64 uint64 // sets of bits: a string with 0x
	hex32 uint32
	dec64 uint64 // numbers of 64 bits: a string of decimal digits
	num64 int64
	octet []byte // opaque bytes: a string of hexadecimal digits
)

func (v hex64) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "0x%016x", uint64(v)), nil }
func (v hex32) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "0x%08x", uint32(v)), nil }
func (v dec64) MarshalText() ([]byte, error) { return strconv.AppendUint(nil, uint64(v), 10), nil }
func (v num64) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(v), 10), nil }
func (v octet) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, v), nil }

func (v *hex64) UnmarshalText(b []byte) error { return scan(b, (*uint64)(v), 64) }
func (v *dec64) UnmarshalText(b []byte) error { return scan(b, (*uint64)(v), 64) }
func (v *hex32) UnmarshalText(b []byte) error {
	var n uint64
	err := scan(b, &n, 32)
	*v = hex32(n)
	return err
}

func (v *num64) UnmarshalText(b []byte) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	*v = num64(n)
	return err
}

func (v *octet) UnmarshalText(b []byte) (err error) {
	*v, err = hex.AppendDecode(nil, b)
	return err
}

func scan(b []byte, v *uint64, bits int) (err error) {
	*v, err = strconv.ParseUint(string(b), 0, bits)
	return err
}

type (
	bannerFields struct {
		Banner string `json:"banner"`
	}
	clientBannerFields struct {
		Banner string     `json:"banner"`
		Addr   addrFields `json:"addr"`
	}
	serverBannerFields struct {
		Banner   string     `json:"banner"`
		Addr     addrFields `json:"addr"`
		PeerAddr addrFields `json:"peer_addr"`
	}
	addrFields struct {
		Type     uint32 `json:"type"`
		Nonce    uint32 `json:"nonce"`
		Family   int    `json:"family"`
		Port     uint16 `json:"port"`
		IP       string `json:"ip"`
		FlowInfo uint32 `json:"flowinfo"`
		ScopeID  uint32 `json:"scope_id"`
	}
	addrVecFields struct {
		Addrs []addrFields `json:"addrs"`
	}
	nameFields struct {
		Type uint8 `json:"type"`
		Num  num64 `json:"num"`
	}
	instFields struct {
		Name nameFields `json:"name"`
		Addr addrFields `json:"addr"`
	}
	connectFields struct {
		Features           hex64  `json:"features"`
		HostType           uint32 `json:"host_type"`
		GlobalSeq          uint32 `json:"global_seq"`
		ConnectSeq         uint32 `json:"connect_seq"`
		ProtocolVersion    uint32 `json:"protocol_version"`
		AuthorizerProtocol uint32 `json:"authorizer_protocol"`
		AuthorizerLen      uint32 `json:"authorizer_len"`
		Flags              uint8  `json:"flags"`
	}
	connectReplyFields struct {
		Tag             uint8  `json:"tag"`
		Features        hex64  `json:"features"`
		GlobalSeq       uint32 `json:"global_seq"`
		ConnectSeq      uint32 `json:"connect_seq"`
		ProtocolVersion uint32 `json:"protocol_version"`
		AuthorizerLen   uint32 `json:"authorizer_len"`
		Flags           uint8  `json:"flags"`
	}
	seqFields struct {
		Seq dec64 `json:"seq"`
	}
	timespecFields struct {
		Sec  uint32 `json:"sec"`
		Nsec uint32 `json:"nsec"`
	}
	taggedFields struct {
		Tag  uint8   `json:"tag"`
		Seq  *dec64  `json:"seq,omitempty"`
		Sec  *uint32 `json:"sec,omitempty"`
		Nsec *uint32 `json:"nsec,omitempty"`
	}
	headerStartFields struct {
		Seq       dec64  `json:"seq"`
		TID       dec64  `json:"tid"`
		Type      uint16 `json:"type"`
		Priority  uint16 `json:"priority"`
		Version   uint16 `json:"version"`
		FrontLen  uint32 `json:"front_len"`
		MiddleLen uint32 `json:"middle_len"`
		DataLen   uint32 `json:"data_len"`
		DataOff   uint16 `json:"data_off"`
	}
	headerFields struct {
		headerStartFields
		Src           nameFields `json:"src"`
		CompatVersion uint16     `json:"compat_version"`
		Reserved      uint16     `json:"reserved"`
		CRC           hex32      `json:"crc"`
	}
	headerOldFields struct {
		headerStartFields
		Src      instFields `json:"src"`
		OrigSrc  instFields `json:"orig_src"`
		Reserved uint32     `json:"reserved"`
		CRC      hex32      `json:"crc"`
	}
	footerFields struct {
		FrontCRC  hex32 `json:"front_crc"`
		MiddleCRC hex32 `json:"middle_crc"`
		DataCRC   hex32 `json:"data_crc"`
		Sig       hex64 `json:"sig"`
		Flags     uint8 `json:"flags"`
	}
	footerOldFields struct {
		FrontCRC  hex32 `json:"front_crc"`
		MiddleCRC hex32 `json:"middle_crc"`
		DataCRC   hex32 `json:"data_crc"`
		Flags     uint8 `json:"flags"`
	}
	messageFields struct {
		Tag    uint8        `json:"tag"`
		Header headerFields `json:"header"`
		Front  octet        `json:"front"`
		Middle octet        `json:"middle"`
		Data   octet        `json:"data"`
		Footer footerFields `json:"footer"`
	}
	crcFields struct {
		CRC hex32 `json:"crc"`
	}
)

func fromAddr(a wire.EntityAddr) addrFields {
	f := addrFields{Type: uint32(a.Type), Nonce: a.Nonce, Port: a.Port, FlowInfo: a.FlowInfo,
		ScopeID: a.ScopeID}
	if a.IP.IsValid() {
		f.IP, f.Family = a.IP.String(), 10
		if a.IP.Is4() {
			f.Family = 2
		}
	}
	return f
}

func (f addrFields) addr() (a wire.EntityAddr, err error) {
	a = wire.EntityAddr{Type: wire.AddrType(f.Type), Nonce: f.Nonce, Port: f.Port,
		FlowInfo: f.FlowInfo, ScopeID: f.ScopeID}
	if f.Family != 0 {
		a.IP, err = netip.ParseAddr(f.IP)
	}
	return a, err
}

// fieldsOf decodes an encoded structure into the fields of a vector, all of b.
func fieldsOf(structure string, b []byte) (fields any, err error) {
	defer func() {
		if err == nil && fields == nil {
			err = fmt.Errorf("there is no structure %q", structure)
		}
	}()
	whole := func(used int, err error) error {
		if err == nil && used != len(b) {
			err = fmt.Errorf("%d bytes, of which %d are used", len(b), used)
		}
		return err
	}
	for name, read := range structures {
		if name == structure {
			fields, used, err := read.decode(b)
			return fields, whole(used, err)
		}
	}
	return nil, nil
}

func TestVectors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	found := map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var vectors []vector
		if err := json.Unmarshal(data, &vectors); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		names := map[string]bool{}
		for _, v := range vectors {
			found[v.Structure]++
			if names[v.Name] || v.Name == "" || v.Source == "" ||
				v.Structure != strings.TrimSuffix(filepath.Base(file), ".json") {
				t.Errorf("%s: %q, structure %q, source %q: every vector needs a name of its own "+
					"and a source", file, v.Name, v.Structure, v.Source)
			}
			names[v.Name] = true
			if err := v.check(); err != nil {
				t.Errorf("%s: %s: %v", filepath.Base(file), v.Name, err)
			}
		}
	}
	for name := range structures {
		if found[name] == 0 {
			t.Errorf("there are no vectors of %s", name)
		}
	}
}

// check decodes the bytes and compares the fields, and encodes the fields and compares the bytes.
func (v vector) check() error {
	b, err := hex.DecodeString(v.Hex)
	if err != nil {
		return err
	}
	got, err := fieldsOf(v.Structure, b)
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	want := reflect.New(reflect.TypeOf(got))
	strict := json.NewDecoder(bytes.NewReader(v.Fields))
	strict.DisallowUnknownFields()
	if err := strict.Decode(want.Interface()); err != nil {
		return fmt.Errorf("fields: %w", err)
	}
	if gotText, wantText := marshal(got), marshal(want.Elem().Interface()); gotText != wantText {
		return fmt.Errorf("decoded\n got %s\nwant %s", gotText, wantText)
	}
	if compact := new(
		bytes.Buffer); json.Compact(compact, v.Fields) != nil || compact.String() != marshal(got) {
		return fmt.Errorf("fields are written as %s, want %s", compact, marshal(got))
	}
	encoded, err := structures[v.Structure].encode(want.Elem().Interface(), b)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if !bytes.Equal(encoded, b) {
		return fmt.Errorf("encoded\n got %x\nwant %x", encoded, b)
	}
	return nil
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
