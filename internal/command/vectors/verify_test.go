package vectors

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"simplemessenger/auth/cephx"
	golden "simplemessenger/testdata/vectors"
	"simplemessenger/wire"
)

func goldenFiles(t testing.TB) []File {
	t.Helper()
	files, err := Read(golden.Files)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestVectorsAreRight(t *testing.T) {
	files := goldenFiles(t)
	var out bytes.Buffer
	if wrong, err := Verify(&out, files); wrong > 0 || err != nil {
		t.Errorf("%d, %v\n%s", wrong, err, &out)
	}
	found := map[string]int{}
	for _, f := range files {
		for _, v := range f.Vectors {
			found[v.Structure]++
			for _, p := range v.Pieces {
				found[p.Structure]++
			}
		}
	}
	for name := range structures {
		if found[name] == 0 {
			t.Errorf("there are no vectors of %s", name)
		}
	}
	if found[handshake] < 50 || found[session] < 20 {
		t.Errorf("only %d handshakes and %d sessions", found[handshake], found[session])
	}
}

// Each byte of each vector counts; of large ones a few are tried. The first kind of signature
// leaves a part out, and the checksum of zeros says nothing about how many there are.
func TestDamageIsSeen(t *testing.T) {
	for _, f := range goldenFiles(t) {
		for _, v := range f.Vectors {
			step := max(1, len(v.Hex)/64)
			for at := 0; at < len(v.Hex); at += step {
				damaged := v
				damaged.Hex = bytes.Clone(v.Hex)
				damaged.Hex[at] ^= 0x40
				if err := damaged.Check(); err == nil && v.Structure != "signature_v1" {
					t.Errorf("%s: %s: damage at %d is not seen", f.Name, v.Name, at)
				}
				damaged.Hex = v.Hex[:at]
				if err := damaged.Check(); err == nil && v.Structure != "crc" {
					t.Errorf("%s: %s: cut at %d is not seen", f.Name, v.Name, at)
				}
			}
		}
	}
}

// damages are what can be wrong with a conversation although each piece is right by itself.
var damages = map[string]func(v *Vector){
	"piece left out":  func(v *Vector) { v.Pieces = slices.Delete(v.Pieces, 2, 3) },
	"piece doubled":   func(v *Vector) { v.Pieces = append(v.Pieces, v.Pieces[len(v.Pieces)-1]) },
	"side mistaken":   func(v *Vector) { v.Pieces[len(v.Pieces)-1].From = "nobody" },
	"sides exchanged": func(v *Vector) { v.Pieces[0].From = fromClient },
	"offset":          func(v *Vector) { v.Pieces[1].Offset++ },
	"no pieces":       func(v *Vector) { v.Pieces = nil },
	"hand-made":       func(v *Vector) { v.Handmade = []string{"nobody"} },
	"bytes":           func(v *Vector) { v.Hex = octet{0} },
}

func TestDamagedConversationsAreSeen(t *testing.T) {
	for _, f := range goldenFiles(t) {
		for _, v := range f.Vectors {
			for name, damage := range damages {
				if !v.isConversation() {
					break
				}
				damaged := v
				damaged.Pieces = slices.Clone(v.Pieces)
				damage(&damaged)
				if damaged.Check() == nil {
					t.Errorf("%s: %s: %s is not seen", f.Name, v.Name, name)
				}
			}
		}
	}
}

// What one piece says about another is checked in a session that is made for it.
func TestSessionsFitTogether(t *testing.T) {
	for name, want := range map[string]string{
		"":       "",
		"seq":    "seq 3 behind 1",
		"sig":    "bad signature",
		"ack":    "acknowledges 2, where 1 is the last",
		"no key": "there is no key",
		"nonce":  "to the nonce 0x102030405060708",
		"answer": "answers 0x0 to the challenge 0x7",
		"footer": "without the feature MSG_AUTH",
	} {
		c := collector{t: t, files: map[string][]Vector{}, seen: map[string]bool{}}
		c.signedOfLongAgo()
		p := &play{c: &c, v: c.files["session.json"][0], offsets: map[string]int64{}}
		for _, piece := range p.v.Pieces {
			p.offsets[piece.From] = piece.Offset + int64(len(piece.Hex))
		}
		switch name {
		case "seq":
			p.message, p.seqs = "message", map[string]uint64{fromClient: 2}
			p.footer = func(_ *wire.MessageHeader, f *wire.Footer) []byte { return f.Append(nil) }
			p.send(fromClient, wire.Client(1), "", "", "")
		case "sig":
			p.message, p.seqs = "message", map[string]uint64{fromClient: 1}
			p.footer = func(_ *wire.MessageHeader, f *wire.Footer) []byte { return f.Append(nil) }
			p.send(fromClient, wire.Client(1), "", "", "")
		case "ack":
			p.tagged(fromServer, wire.TagAck, wire.AppendSeq(nil, 2))
		case "no key":
			p.v.Key = nil
		case "nonce":
			reply := &p.v.Pieces[5]
			b := withLength(secret(t, constructedKey).Seal(
				cephx.AuthorizeReply{NoncePlusOne: 1}.Append(nil)))
			*reply = pieces(t, p.v.Key, fromServer, reply.Offset, reply.Structure, b)[0]
		case "answer":
			sealed := secret(t, constructedKey).Seal(
				cephx.AuthorizeChallenge{ServerChallenge: 7}.Append(nil))
			connect, authorizer := []byte(p.v.Pieces[2].Hex), []byte(p.v.Pieces[3].Hex)
			p.say(fromClient, "connect", connect, "authorizer", authorizer)
			p.say(fromServer, "connect_reply", wire.ConnectReply{Tag: wire.TagChallengeAuthorizer,
				AuthorizerLen: uint32(len(sealed))}.Append(nil), "authorize_challenge", sealed)
			p.say(fromClient, "connect", connect, "authorizer", authorizer)
		case "footer":
			connect := &p.v.Pieces[2]
			b := bytes.Clone(connect.Hex)
			b[2] &^= 0x80 // MSG_AUTH is bit 23
			*connect = pieces(t, p.v.Key, fromClient, connect.Offset, "connect", b)[0]
		}
		err := p.v.Check()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

func TestVerifyTellsWhatIsWrong(t *testing.T) {
	const seq = `{"name":"a","structure":"seq","source":"s","hex":"0100000000000000",` +
		`"fields":{"seq":"1"}}`
	for _, tc := range []struct{ file, text, want string }{
		{"seq.json", `[` + seq + `]`, "1 vectors, 1 ok, 0 wrong"},
		{"seq.json", `[` + strings.Replace(seq, `"1"`, `"2"`, 1) + `]`, "want {\"seq\":\"2\"}"},
		{"seq.json", `[` + seq + `,` + seq + `]`, "name of its own"},
		{"seq.json", `[` + strings.Replace(seq, `"s"`, `""`, 1) + `]`, "no source"},
		{"crc.json", `[` + seq + `]`, "belongs in seq.json"},
		{"seq.json", `[` + strings.Replace(seq, `"1"`, `"01"`, 1) + `]`, "written as"},
		{"seq.json", `[` + strings.Replace(seq, `"seq"`, `"sea"`, 1) + `]`, "no structure"},
		{"seq.json", `[` + strings.Replace(seq, `{"seq"`, `{"more":1,"seq"`, 1) + `]`, "more"},
		{"cephx.json", `[{"name":"a","structure":"authorize_reply","source":"s","hex":"00",` +
			`"fields":{}}]`, "no key"},
		{"cephx.json", `[{"name":"a","structure":"proof","source":"s","key":"00","hex":"00",` +
			`"fields":{}}]`, "16"},
	} {
		files, err := Read(fstest.MapFS{tc.file: {Data: []byte(tc.text)}})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := Verify(&out, files); err != nil || !strings.Contains(out.String(), tc.want) {
			t.Errorf("%s: %v, want %q in\n%s", tc.text, err, tc.want, &out)
		}
	}
	for _, text := range []string{`{}`, `[{"unknown":1}]`, `[`, `[{"hex":"0"}]`} {
		if _, err := Read(fstest.MapFS{"a.json": {Data: []byte(text)}}); err == nil {
			t.Errorf("read: %s", text)
		}
	}
	if _, err := Read(fstest.MapFS{}); err == nil {
		t.Error("nothing is enough")
	}
}

// The fields of structures that are in order take exactly the bytes that there are.
func TestPrintedOffsets(t *testing.T) {
	for _, f := range goldenFiles(t) {
		for i := range f.Vectors {
			v := &f.Vectors[i]
			for _, p := range append(v.Pieces, Piece{Structure: v.Structure, Hex: v.Hex}) {
				if !structures[p.Structure].inOrder {
					continue
				}
				key, err := v.key()
				if err != nil {
					t.Fatal(err)
				}
				fields, err := fieldsOf(p.Structure, p.Hex, key)
				if err != nil {
					t.Fatal(err)
				}
				if end := (&printer{w: &bytes.Buffer{}}).fields("", reflect.ValueOf(fields).Elem(),
					0); end != len(p.Hex) {
					t.Errorf("%s: %s: %s ends at %d of %d", f.Name, v.Name, p.Structure, end,
						len(p.Hex))
				}
			}
		}
	}
}

func TestPrint(t *testing.T) {
	for word, want := range map[string]string{
		"timespec": "    0   4 sec = ", "connect_reply": "    1   8 features = 0x",
		"authorize_challenge": `{"server_challenge":"0x`, "BADPROTOVER": "  < connect_reply @281+26",
		"SEQUENCE": "", "cephx.json": "  key ", "client_banner": "        *\n",
	} {
		var out bytes.Buffer
		files := Choose(goldenFiles(t), word)
		if err := Print(&out, files); err != nil || !strings.Contains(out.String(), want) ||
			(want == "") != (len(files) == 0) {
			t.Errorf("%s: %v, want %q in\n%s", word, err, want, &out)
		}
	}
}

func TestExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	n, err := Export(golden.Files, dir)
	if err != nil || n < 20 {
		t.Fatal(n, err)
	}
	files, err := Read(os.DirFS(dir))
	if err != nil || len(files) != n-2 { // but the schema and README.md
		t.Errorf("%d files of %d, %v", len(files), n, err)
	}
	if _, err := Export(golden.Files, dir); err == nil {
		t.Error("written over what was there")
	}
}
