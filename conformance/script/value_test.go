package script_test

import (
	"strings"
	"testing"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

var kept = script.Variables{"cs": script.Number(7), "name": script.Text("x")}

func TestEval(t *testing.T) {
	const all = uint64(wire.FeaturesSupported)
	for _, test := range []struct {
		field, expression string
		want              uint64
	}{
		{"seq", "12", 12}, {"seq", "0x10", 16}, {"seq", "$cs", 7}, {"seq", "$cs+1", 8},
		{"seq", "$cs-1+10", 16}, {"crc", "0xff^1", 0xfe}, {"seq", "0-1", 1<<64 - 1},
		{"tag", "READY", 1}, {"tag", "CHALLENGE_AUTHORIZER", 16}, {"host_type", "osd", 4},
		{"priority", "high+1", 197}, {"flags", "COMPLETE+NOCRC", 3},
		{"addr.family", "ipv6", 10}, {"features", "none", 0}, {"features", "default", all},
		{"features", "default,-MSG_AUTH", all &^ (1 << 23)}, {"features", "none,bit63", 1 << 63},
		{"features", "0x5,-0x1", 4}, {"features", "$cs,-bit0", 6},
	} {
		v, err := script.Eval(test.field, test.expression, kept)
		if err != nil || v != script.Number(test.want) {
			t.Errorf("%s=%s is %v, %v; want %d", test.field, test.expression, v, err, test.want)
		}
	}
	if v, err := script.Eval("front", "text:a b", nil); err != nil || v != script.Text("a b") {
		t.Errorf("a text is %v, %v", v, err)
	}
}

func TestWhatCannotBeEvaluated(t *testing.T) {
	for _, test := range []struct{ field, expression, want string }{
		{"seq", "", `seq: "" is no number`}, {"seq", "12x", `seq: "12x" is no number`},
		{"seq", "$none", "seq: there is no number $none"},
		{"seq", "$name+1", "seq: there is no number $name"},
		{"features", "default,-NOTHING", "features: there is no feature NOTHING"},
		{"features", "bit64", "features: bit64"},
	} {
		_, err := script.Eval(test.field, test.expression, kept)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s=%s: %v, want %s", test.field, test.expression, err, test.want)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		field, pattern string
		value          script.Value
		want           script.Match
	}{
		{"seq", "7", script.Number(7), script.MatchStrict},
		{"seq", "8", script.Number(7), script.MatchNot},
		{"seq", "*", script.Number(7), script.MatchStrict},
		{"seq", "$cs", script.Number(7), script.MatchStrict},
		{"seq", ">$cs", script.Number(7), script.MatchNot},
		{"seq", ">=$cs", script.Number(7), script.MatchStrict},
		{"seq", "<8", script.Number(7), script.MatchStrict},
		{"seq", "<=6", script.Number(7), script.MatchNot},
		{"seq", "!7", script.Number(7), script.MatchNot},
		{"tag", "READY|~SEQ", script.Number(1), script.MatchStrict},
		{"tag", "READY|~SEQ", script.Number(13), script.MatchWeak},
		{"tag", "~SEQ|SEQ", script.Number(13), script.MatchStrict},
		{"tag", "READY|~SEQ", script.Number(3), script.MatchNot},
		{"features", "has:MSG_AUTH", script.Number(1 << 23), script.MatchStrict},
		{"features", "has:MSG_AUTH", script.Number(1 << 22), script.MatchNot},
		{"features", "lacks:MSG_AUTH", script.Number(1 << 22), script.MatchStrict},
		{"front", "text:hello", script.Text("hello"), script.MatchStrict},
		{"addr.ip", "127.0.0.1", script.Text("127.0.0.1"), script.MatchStrict},
		{"addr.ip", "$name", script.Text("x"), script.MatchStrict},
		{"addr.ip", "127.0.0.2", script.Text("127.0.0.1"), script.MatchNot},
	} {
		got, err := script.Matches(test.field, test.pattern, test.value, kept)
		if err != nil || got != test.want {
			t.Errorf("%s=%v against %s: %v, %v; want %v", test.field, test.value, test.pattern, got,
				err, test.want)
		}
	}
	if _, err := script.Matches("seq", ">x", script.Number(1), nil); err == nil {
		t.Error("a pattern that means nothing matches")
	}
}
