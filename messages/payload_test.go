package messages_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// payloadCase is a payload with its constants, written out.
type payloadCase struct {
	messages.Payload
	want messages.Header
}

func payloads() []payloadCase {
	all := []payloadCase{
		{new(messages.OSDOp), messages.Header{Type: messages.TypeOSDOp,
			Version: messages.OSDOpVersion, CompatVersion: messages.OSDOpCompatVersion}},
		{new(messages.OSDOpReply), messages.Header{Type: messages.TypeOSDOpReply,
			Version: messages.OSDOpReplyVersion, CompatVersion: messages.OSDOpReplyCompatVersion}},
		{new(messages.OSDBackoff), messages.Header{Type: messages.TypeOSDBackoff,
			Version: messages.OSDBackoffVersion, CompatVersion: messages.OSDBackoffCompatVersion}},
	}
	for _, m := range monPayloads {
		all = append(all, payloadCase{m.sample,
			messages.Header{Type: m.typ, Version: m.version, CompatVersion: m.compat}})
	}
	return all
}

func TestPayloadHeaders(t *testing.T) {
	for _, p := range payloads() {
		got := p.Header()
		if got != p.want || got.CompatVersion > got.Version {
			t.Errorf("%T: %+v, want %+v", p.Payload, got, p.want)
		}
		name := "M" + reflect.TypeOf(p.Payload).Elem().Name()
		if got.Type.String() != strings.TrimSuffix(name, "s") {
			t.Errorf("%T is of the type %v", p.Payload, got.Type)
		}
		front := p.Append(nil)
		if err := fresh(p.Payload).Decode(got.Version, front); err != nil {
			t.Errorf("%T: decode what it has encoded: %v", p.Payload, err)
		}
		if err := fresh(p.Payload).Decode(got.Version+1, front); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("%T of the next version: %v", p.Payload, err)
		}
	}
}

// What is decoded by the version of a header is a Payload, and is tested above.
func TestAllPayloadsAreKnown(t *testing.T) {
	known := map[string]bool{}
	for _, p := range payloads() {
		known[reflect.TypeOf(p.Payload).Elem().Name()] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "Decode" || f.Recv == nil || f.Type.Params.NumFields() != 2 {
				continue
			}
			name := f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
			if !known[name] {
				t.Errorf("%s is not among the payloads that are tested", name)
			}
			delete(known, name)
		}
	}
	if len(known) > 0 {
		t.Errorf("tested, but not found: %v", known)
	}
}
