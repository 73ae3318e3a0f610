package script_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/conformance/script"
)

const whole = `# A comment.
case accept/unknown-session
about   A peer goes on with a session
about   of which the server knows nothing.
rules   V1-ACCEPT-6, V1-CONNECT-1
role    server
policy  lossless
needs   echo feature:MSG_AUTH
harm    14.2 ends

@a dial                                  # and another one
send    connect connect_seq=$cs+1 features=default,-MSG_AUTH
@b expect reply tag=READY|~SEQ  [V1-ACCEPT-7]
expect  silence 300ms
`

func TestParse(t *testing.T) {
	cases, err := script.Parse(strings.NewReader(whole), "x.case")
	if err != nil {
		t.Fatal(err)
	}
	want := []*script.Case{{
		Name:  "accept/unknown-session",
		About: "A peer goes on with a session of which the server knows nothing.",
		Rules: []string{"V1-ACCEPT-6", "V1-CONNECT-1"}, Role: "server", Policy: "lossless",
		Needs: []string{"echo", "feature:MSG_AUTH"}, Harm: "14.2 ends", File: "x.case", Line: 2,
		Steps: []script.Step{
			{Line: 11, Text: "@a dial", Socket: "a", Verb: "dial"},
			{Line: 12, Text: "send    connect connect_seq=$cs+1 features=default,-MSG_AUTH",
				Verb: "send", Words: []string{"connect"}, Args: []script.Arg{
					{Name: "connect_seq", Value: "$cs+1"},
					{Name: "features", Value: "default,-MSG_AUTH"}}},
			{Line: 13, Text: "@b expect reply tag=READY|~SEQ  [V1-ACCEPT-7]", Socket: "b",
				Verb: "expect", Words: []string{"reply"}, Rule: "V1-ACCEPT-7",
				Args: []script.Arg{{Name: "tag", Value: "READY|~SEQ"}}},
			{Line: 14, Text: "expect  silence 300ms", Verb: "expect",
				Words: []string{"silence", "300ms"}},
		},
	}}
	if d := cmp.Diff(want, cases); d != "" {
		t.Error(d)
	}
	if group := cases[0].Group(); group != "accept" {
		t.Errorf("group %q", group)
	}
}

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	const header = "case a/b\nabout x\nrules R\nrole server\n"
	for _, test := range []struct{ text, want string }{
		{"dial\n", "f:1: a file begins with: case NAME"},
		{"case nothing\n", "f:1: a case is called GROUP/NAME, not nothing"},
		{header + "dial\n" + header + "dial\n", "f:6: there is a case a/b already"},
		{"case a/b\nabout x\nrules R\ndial\n", "f:1: a/b: a case needs a role"},
		{"case a/b\nrules R\nrole client\ndial\n", "f:1: a/b: a case needs a line about"},
		{"case a/b\nabout x\nrole peer\ndial\n", "f:1: a/b: a case needs rules"},
		{header, "f:1: a/b: a case needs steps"},
		{"case a/b\nrole king\n", "f:2: role is one of server, client, peer"},
		{"case a/b\npolicy odd\n", "f:2: policy is one of any, lossy, lossless"},
		{header + "sned connect\n", "f:5: unknown verb sned"},
		{header + "expect\n", "f:5: expect is followed by a piece, or a duration"},
		{header + "@ dial\n", "f:5: @ needs the name of a socket"},
		{header + "[R]\n", "f:5: a step begins with a verb"},
		{header + strings.Repeat("dial\n", script.MaxSteps+1), "f:1005: too many steps"},
		{header + "send bytes " + strings.Repeat("0", script.MaxLine), "f:4: cannot be read"},
	} {
		_, err := script.Parse(strings.NewReader(test.text), "f")
		var mistake *script.Error
		if !errors.As(err, &mistake) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%.60q: %v, want %s", test.text, err, test.want)
		}
	}
}

// What is printed is read as what it was.
func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("case a/b\nabout x\nrules R\nrole server\nrepeat 3\n@1 send ack seq=$i # c\nend\n")
	f.Fuzz(func(t *testing.T, text string) {
		cases, err := script.Parse(strings.NewReader(text), "f")
		if err != nil {
			return
		}
		for _, c := range cases {
			again, err := script.Parse(strings.NewReader(c.String()), "f")
			if err != nil {
				t.Fatalf("%v\n%s", err, c)
			}
			if len(again) != 1 || again[0].String() != c.String() {
				t.Errorf("printed as\n%s\nand read as\n%s", c, again[0])
			}
		}
	})
}
