package lab7

import (
	"testing"

	"go.uber.org/goleak"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLab(t *testing.T) {
	const file = "process.go"
	wrong := []gradetest.Wrong{
		{Name: "spins until bytes come", Step: "accepting", Kind: "hang",
			Old: "\t\tif !ok {\n\t\t\treturn false\n\t\t}\n\t\tif string(",
			New: "\t\tif !ok {\n\t\t\treturn true\n\t\t}\n\t\tif string("},
		{Name: "one state an event", Old: "\tfor step(c) {\n\t\tflush(c)\n\t}\n",
			New: "\tstep(c)\n", Step: "accepting"},
		{Name: "skips the authorizer", Step: "accepting",
			Old: "c.Read(int(little.Uint32(c.connect[28:])))", New: "c.Read(0)"},
		{Name: "takes what is there", Step: "any number of bytes",
			Old: "b, ok := c.Read(33)", New: "b, ok := c.Read(max(1, min(33, len(c.in))))",
			Kind: "panic"},
		{Name: "forgets what was not taken", Old: "c.out = c.out[c.Write(c.out):]",
			New: "c.Write(c.out); c.out = nil", Step: "partial writes"},
		{Name: "open before the reply is out", Step: "partial writes",
			Old: "\tcase AcceptingReady:\n\t\tif len(c.out) > 0 {\n\t\t\treturn false\n\t\t}\n",
			New: "\tcase AcceptingReady:\n"},
		{Name: "every part has a state", Old: "if length(c, i) > 0 {", New: "if true {",
			Step: "frames"},
		{Name: "never gives back", Step: "frames",
			Old: "\tc.Enter(Open)\n\tgiveBack(c)\n", New: "\tc.Enter(Open)\n"},
		{Name: "asks the throttle twice", Step: "throttles", Old: "\tif c.asked {\n",
			New: "\tif false {\n"},
		{Name: "goes on without having taken", Step: "throttles",
			Old: "\t\tc.asked = true\n\t\treturn false\n\t}\n\treturn true\n}",
			New: "\t\tc.asked = true\n\t}\n\treturn true\n}"},
		{Name: "reads frames in place of the number", Old: "if c.exchange {", New: "if false {",
			Step: "reconnect"},
		{Name: "keeps what a broken message has taken", Step: "ends",
			Old: "func fail(c *Conn) bool {\n\tgiveBack(c)\n", New: "func fail(c *Conn) bool {\n"},
		{Name: "keeps what a lost message has taken", Step: "ends",
			Old: "func ended(c *Conn) { giveBack(c) }", New: "func ended(c *Conn) {}"},
	}
	for i := range wrong {
		wrong[i].File, wrong[i].Section = file, section(wrong[i].Step)
	}
	gradetest.Check(t, Lab, func() grade.Subject { return newReference(t) }, wrong)
}

func section(name string) string {
	for _, s := range Lab.Steps {
		if s.Name == name {
			return s.Section
		}
	}
	return ""
}
