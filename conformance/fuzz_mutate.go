package conformance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"simplemessenger/conformance/script"
)

// maxMutations bounds how often a case is changed for one run.
const maxMutations = 4

// mutated returns the case of a run: one of the kit's, changed.
func (f *fuzzer) mutated(n int) *script.Case {
	random := f.random(n)
	from := f.cases[random.IntN(len(f.cases))]
	c := *from
	c.Name = fmt.Sprintf("fuzz/%d-%d", f.options.Seed, n)
	c.About = "Made of " + from.Name + " by chance: whatever is said, the messenger goes on."
	c.Rules = []string{"V1-LIMIT-9", "V1-LIMIT-1"}
	c.File, c.Line = "", 0
	c.Steps = make([]script.Step, 0, len(from.Steps))
	for _, s := range from.Steps {
		if s.Verb == "repeat" || s.Verb == "end" || s.Verb == "wait" {
			continue // once is enough
		}
		s.Args, s.Rule, s.Text = slices.Clone(s.Args), "", ""
		c.Steps = append(c.Steps, s)
	}
	for range 1 + random.IntN(maxMutations) {
		mutate(random, &c)
	}
	c.Steps = slices.DeleteFunc(c.Steps, func(s script.Step) bool {
		return s.Verb == "send" && slices.Contains(f.options.Without, s.Word(0))
	})
	return &c
}

// mutate changes one thing.
func mutate(random *rand.Rand, c *script.Case) {
	i := random.IntN(len(c.Steps))
	switch random.IntN(8) {
	case 0:
		if len(c.Steps) > 1 {
			c.Steps = slices.Delete(c.Steps, i, i+1)
		}
	case 1:
		c.Steps = slices.Insert(c.Steps, i, c.Steps[i])
	case 2:
		j := random.IntN(len(c.Steps))
		c.Steps[i], c.Steps[j] = c.Steps[j], c.Steps[i]
	case 3:
		c.Steps = slices.Insert(c.Steps, i+1, script.Step{Verb: "send",
			Words: []string{pick(random, sendable)}})
	case 4:
		c.Steps = slices.Insert(c.Steps, i+1, script.Step{Verb: "send",
			Words: []string{"bytes", junk(random)}})
	case 5:
		c.Steps = slices.Insert(c.Steps, i+1, script.Step{Verb: pick(random,
			[]string{"close", "half-close", "reset", "forget", "dial"})})
	default:
		mutateSend(random, c)
	}
}

// sendable are the pieces that can be sent anywhere.
var sendable = []string{"greeting", "connect", "reply", "seq", "msg", "header", "ack", "keepalive",
	"keepalive2", "keepalive2_ack", "close"}

// mutateSend changes a step that sends: a field, a byte, or where it is cut.
func mutateSend(random *rand.Rand, c *script.Case) {
	var sends []int
	for i, s := range c.Steps {
		if s.Verb == "send" && s.Word(0) != "bytes" {
			sends = append(sends, i)
		}
	}
	if len(sends) == 0 {
		c.Steps = append(c.Steps, script.Step{Verb: "send", Words: []string{"msg"}})
		return
	}
	s := &c.Steps[sends[random.IntN(len(sends))]]
	s.Args = slices.Clone(s.Args)
	switch random.IntN(4) {
	case 0:
		s.Args = append(s.Args, script.Arg{Name: "xor",
			Value: fmt.Sprintf("%d:%d", random.IntN(60), 1<<random.IntN(8))})
	case 1:
		s.Args = append(s.Args, script.Arg{Name: "cut", Value: strconv.Itoa(random.IntN(150))})
	default:
		if fields := fieldsOf(s.Word(0)); fields != nil {
			s.Args = append(s.Args, script.Arg{Name: pick(random, fields), Value: number(random)})
		}
	}
}

// fieldsOf returns the fields of a piece that are numbers.
func fieldsOf(piece string) []string {
	switch piece {
	case "greeting":
		return []string{"addr.nonce", "addr.port", "addr.type", "addr.scope"}
	case "connect":
		return []string{"features", "host_type", "global_seq", "connect_seq", "protocol_version",
			"authorizer_protocol", "authorizer_len", "flags"}
	case "reply":
		return []string{"tag", "features", "global_seq", "connect_seq", "protocol_version",
			"authorizer_len", "flags"}
	case "msg", "header":
		return []string{"seq", "tid", "type", "priority", "version", "compat_version", "data_off",
			"src.type", "src.num", "reserved", "front_len", "middle_len", "data_len", "crc",
			"front_crc", "middle_crc", "data_crc", "sig", "flags"}
	case "seq", "ack":
		return []string{"seq"}
	case "keepalive2", "keepalive2_ack":
		return []string{"sec", "nsec"}
	}
	return nil
}

// number returns one that is at the border of something, or any.
func number(random *rand.Rand) string {
	borders := []uint64{0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 1<<31 - 1, 1 << 31,
		1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	if random.IntN(4) == 0 {
		return strconv.FormatUint(random.Uint64()>>random.IntN(64), 10)
	}
	return strconv.FormatUint(borders[random.IntN(len(borders))], 10)
}

func junk(random *rand.Rand) string {
	b := make([]byte, 1+random.IntN(64))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return fmt.Sprintf("%x", b)
}

func pick(random *rand.Rand, from []string) string { return from[random.IntN(len(from))] }
