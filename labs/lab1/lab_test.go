package lab1

import (
	"testing"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
)

func section(step string) string {
	for _, s := range Lab.Steps {
		if s.Name == step {
			return s.Section
		}
	}
	return ""
}

// wrong is a submission with one replacement that the step finds out.
func wrong(name, file, before, after, step string) gradetest.Wrong {
	return gradetest.Wrong{Name: name, File: file, Old: before, New: after, Step: step,
		Section: section(step)}
}

func TestLab(t *testing.T) {
	gradetest.Check(t, Lab, func() grade.Subject { return reference{} }, append(misbehaviour(),
		wrong("port in little endian", "addr.go",
			"binary.BigEndian.PutUint16(b[10:], a.Port)\n\t\tcopy(b[12:], a",
			"binary.LittleEndian.PutUint16(b[10:], a.Port)\n\t\tcopy(b[12:], a", "entity_addr, IPv4"),
		wrong("only the prefix of the banner is looked at", "banner.go",
			"string(b), Banner) {\n\t\treturn ClientBanner",
			"string(b), \"ceph v\") {\n\t\treturn ClientBanner", "banners"),
		wrong("the usual crc32c", "message.go", "return ^crc32.Update(^seed, castagnoli, b)",
			"return crc32.Update(seed, castagnoli, b)", "checksum"),
		wrong("a header's checksum that nobody looks at", "message.go",
			"if h.CRC != CRC(0, b[:49])", "if false", "message_header"),
		wrong("a signature in both footers", "message.go",
			"return append(checksums(f), f.Flags)", "return EncodeFooter(f)", "footers"),
		wrong("lengths summed in 32 bits", "message.go",
			"uint64(m.Header.FrontLen) + uint64(m.Header.MiddleLen) + uint64(m.Header.DataLen)",
			"uint64(m.Header.FrontLen + m.Header.MiddleLen + m.Header.DataLen)", "hostile input"),
		wrong("room is made before anything has come", "message.go",
			"\tif size > uint64(len(b)) {",
			"\tm.Front = make([]byte, m.Header.FrontLen)\n\tif size > uint64(len(b)) {",
			"hostile input"),
	))
}

// misbehaviour is what no step asks for, and what every program may do: whichever step meets it
// says so. They are here because a lab is the way to a program that is built and run.
func misbehaviour() []gradetest.Wrong {
	with := func(kind string, w gradetest.Wrong) gradetest.Wrong { w.Kind = kind; return w }
	const decode, encode = "return EntityName{Type: b[0]", "\treturn binary.Little"
	return []gradetest.Wrong{
		wrong("big endian", "name.go", "LittleEndian.AppendUint64", "BigEndian.AppendUint64",
			"entity_name"),
		with("hang", wrong("hangs", "name.go", decode, "for {\n\t}\n\t"+decode, "entity_name")),
		with("panic", wrong("panics", "name.go", "[]byte{n.Type}", "[]byte{n.Type}[:9:9]",
			"entity_name")),
		with("build", wrong("does not build", "name.go", "Num: int64(", "Num: int63(",
			"entity_name")),
		with("output", wrong("prints without end", "name.go", encode,
			"\tfor {\n\t\tprintln(\"here\")\n\t}\n"+encode, "entity_name")),
		with("memory", wrong("takes memory without end", "name.go", encode, greedy+encode,
			"entity_name")),
	}
}

// greedy touches each page of what it takes, or the system would not count it.
const greedy = `	var all [][]byte
	for {
		b := make([]byte, 32<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
	}
`
