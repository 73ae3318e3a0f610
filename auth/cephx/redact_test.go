package cephx_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// exposures returns the forms in which a secret could show.
func exposures(secret []byte) []string {
	// the key schedule of AES begins with the words of the key
	var decimal, hexList, words, swapped []string
	for i := 0; i < 16; i += 4 {
		words = append(words, fmt.Sprint(binary.BigEndian.Uint32(secret[i:])))
		swapped = append(swapped, fmt.Sprint(binary.LittleEndian.Uint32(secret[i:])))
	}
	for _, b := range secret[:8] {
		decimal = append(decimal, fmt.Sprint(b))
		hexList = append(hexList, fmt.Sprintf("%#x", b))
	}
	quoted := fmt.Sprintf("%q", secret)
	escaped, _ := json.Marshal(string(secret))
	return []string{
		string(secret), quoted[1 : len(quoted)-1], string(escaped[1 : len(escaped)-1]),
		hex.EncodeToString(secret[:8]), strings.ToUpper(hex.EncodeToString(secret[:8])),
		strings.Join(decimal, " "), strings.Join(decimal, ","), strings.Join(decimal, ", "),
		strings.Join(hexList, ", "), strings.Join(words, " "), strings.Join(swapped, " "),
		base64.StdEncoding.EncodeToString(secret)[:20],
	}
}

// valuesWithSecrets returns a value of every exported type of the package, by name, full of keys
// where it can hold them, and the secrets in them.
func valuesWithSecrets(t *testing.T) (values map[string]any, secrets [][]byte) {
	w := newWorld(t)
	rotating := cephx.NewRotatingKeyring(wire.EntityOSD, w.keyring)
	login, session := w.newLogin("osd.0", func(c *cephx.LoginConfig) {
		c.Rotating = rotating
	}), w.authority.NewSession()
	if err := converse(login, session); err != nil {
		t.Fatal(err)
	}
	request, err := login.RequestRotating()
	if err != nil {
		t.Fatal(err)
	}
	if err := carry(login, session, request); err != nil {
		t.Fatal(err)
	}
	osdSecrets, err := w.authority.Rotating(wire.EntityOSD)
	if err != nil {
		t.Fatal(err)
	}
	_, current := osdSecrets.Current()
	ticket := mustTicket(t, login.Tickets())
	serverConfig := cephx.ServerConfig{Service: wire.EntityOSD, Secrets: rotating, Now: w.clock}
	server, err := cephx.NewServer(serverConfig)
	if err != nil {
		t.Fatal(err)
	}
	attempt := w.authorizer(login.Tickets())
	exchange := server.NewExchange(wire.EntityAddr{})
	if result := handshake(t, attempt, exchange, offered); result.Outcome != auth.Accepted {
		t.Fatal(result.Err)
	}
	authorizer, err := cephx.DecodeAuthorizer(attempt.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	info, err := ticket.Blob.Open(current.Key)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := w.keyring.Lookup(name(t, "osd.0"))
	if err != nil {
		t.Fatal(err)
	}
	issued := cephx.IssuedTicket{Service: wire.EntityOSD,
		ServiceTicket: cephx.ServiceTicket{SessionKey: ticket.SessionKey}, Blob: ticket.Blob}
	return map[string]any{
			"AuthTicket":   info.Ticket,
			"Authenticate": cephx.Authenticate{Proof: 1, OldTicket: ticket.Blob},
			"AuthenticateReply": cephx.AuthenticateReply{Auth: issued,
				Other: cephx.TicketReply{issued}},
			"Authority":          w.authority,
			"AuthorityConfig":    cephx.AuthorityConfig{Keyring: w.keyring},
			"AuthoritySession":   session,
			"Authorize":          cephx.Authorize{},
			"AuthorizeChallenge": cephx.AuthorizeChallenge{},
			"AuthorizeReply":     cephx.AuthorizeReply{},
			"Authorizer":         authorizer,
			"CapsInfo":           info.Ticket.Caps,
			"CryptoKey":          ticket.SessionKey,
			"ExpiringCryptoKey":  current,
			"IssuedTicket":       issued,
			"Keyring":            w.keyring,
			"KeyringEntry":       entry,
			"Login":              login,
			"LoginConfig": cephx.LoginConfig{Name: name(t, "osd.0"), Key: entry.Key,
				Rotating: rotating},
			"ReplyHeader":       cephx.ReplyHeader{},
			"RequestType":       cephx.GetRotatingKey,
			"Requirements":      cephx.Requirements{},
			"ResultError":       &cephx.ResultError{Code: -1},
			"RotatingKeyring":   rotating,
			"RotatingSecrets":   osdSecrets,
			"SecretSource":      cephx.SecretSource(rotating),
			"Security":          cephx.NewSecurity(ticket.SessionKey, offered),
			"Server":            server,
			"ServerChallenge":   cephx.ServerChallenge{},
			"ServerConfig":      serverConfig,
			"ServiceTicket":     issued.ServiceTicket,
			"ServiceTicketInfo": info,
			"Ticket":            ticket,
			"SharedKeyClient":   w.monitor(),
			"SharedKeyConfig": cephx.SharedKeyConfig{Service: wire.EntityMon,
				Key: w.key("mon.")},
			"TicketBlob":    ticket.Blob,
			"TicketReply":   cephx.TicketReply{issued},
			"TicketRequest": cephx.TicketRequest{Authorizer: authorizer},
			"TicketSet":     login.Tickets(),
			// What is behind interfaces of package auth.
			"client's authorizer": attempt,
			"server's exchange":   exchange,
		}, [][]byte{
			secretOf(entry.Key), secretOf(ticket.SessionKey), secretOf(current.Key),
			secretOf(w.key("mon.")), secretOf(w.key("osd.1")),
		}
}

// TestSecretsDoNotShow prints a value of every exported type in every way that Go offers, as it is
// and wrapped into other values, and looks for the secrets.
func TestSecretsDoNotShow(t *testing.T) {
	values, secrets := valuesWithSecrets(t)
	for _, exported := range exportedTypes(t) {
		if _, ok := values[exported]; !ok {
			t.Errorf("no value of type %s to print", exported)
		}
	}
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, exposures(secret)...)
	}
	search := func(typ, how, output string) {
		t.Helper()
		for _, form := range forms {
			if strings.Contains(output, form) {
				t.Errorf("%s %s shows %q in %q", typ, how, form, output)
				return
			}
		}
	}
	for typ, v := range values {
		for how, wrapped := range wrappings(v) {
			for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x",
				"%#x", "%d", "%o", "%b", "%c", "%U", "%t", "%e", "%10.3v", "%!"} {
				search(typ, how+format, fmt.Sprintf(format, wrapped))
			}
			search(typ, how+"Sprint", fmt.Sprint(wrapped)+fmt.Sprintln(wrapped))
			search(typ, how+"errors", fmt.Sprintf("%+v", errors.Errorf("%v", wrapped)))
			for _, h := range []func(*bytes.Buffer) slog.Handler{
				func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
				func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
			} {
				var b bytes.Buffer
				slog.New(h(&b)).Info("m", "k", wrapped, slog.Group("g", "k", wrapped))
				search(typ, how+"slog", b.String())
			}
			if b, err := json.Marshal(wrapped); err == nil {
				search(typ, how+"json", string(b))
			}
			if b, err := xml.Marshal(wrapped); err == nil {
				search(typ, how+"xml", string(b))
			}
			var b bytes.Buffer
			if encodeGob(&b, wrapped) == nil {
				search(typ, how+"gob", b.String())
			}
		}
	}
}

// encodeGob turns gob's panics over types that it cannot handle into errors.
func encodeGob(b *bytes.Buffer, v any) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("%v", r)
		}
	}()
	return gob.NewEncoder(b).Encode(v)
}

// wrappings returns v as it is, pointed at, and inside other values, where package fmt calls no
// methods if a field is not exported.
func wrappings(v any) map[string]any {
	type hidden struct{ field any }
	pointer := reflect.New(reflect.TypeOf(v))
	pointer.Elem().Set(reflect.ValueOf(v))
	typed := reflect.New(reflect.StructOf([]reflect.StructField{
		{
			Name:    "hidden",
			PkgPath: "simplemessenger/auth/cephx_test",
			Type:    reflect.TypeOf(v),
		},
	})).Elem()
	reflect.NewAt(reflect.TypeOf(v),
		typed.Field(0).Addr().UnsafePointer()).Elem().Set(reflect.ValueOf(v))
	all := map[string]any{
		"": v, "pointer ": pointer.Interface(),
		"slice ": []any{v}, "map ": map[string]any{"k": v}, "struct ": struct{ Field any }{v},
		"hidden interface ": hidden{v}, "hidden field ": typed.Interface(),
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer {
		all["value "] = rv.Elem().Interface()
	}
	return all
}

// exportedTypes returns the names of the package's exported types.
func exportedTypes(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				names = append(names, spec.Name.Name)
			}
			return true
		})
	}
	if len(names) < 20 {
		t.Fatalf("found only the types %v", names)
	}
	return names
}

func TestCryptoKeyText(t *testing.T) {
	k := testKey(t, 0x41)
	b, err := json.Marshal(struct {
		Key, None cephx.CryptoKey
	}{Key: k})
	if err != nil || string(b) != `{"Key":"[secret]","None":"[no key]"}` {
		t.Errorf("%s, %v", b, err)
	}
	if got := fmt.Sprintf("%v %s %#v %x", k, k, k,
		k); got != "[secret] [secret] [secret] [secret]" {
		t.Error(got)
	}
	if k.String() != "[secret]" || k.GoString() != "[secret]" ||
		k.LogValue().String() != "[secret]" {
		t.Error(k.String(), k.GoString(), k.LogValue())
	}
}
