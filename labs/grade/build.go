package grade

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/internal/child"
)

// maxText bounds what a verdict shows of what a program or the compiler says, in bytes.
const maxText = 4 << 10

// Build compiles the student's files in dir, with the files of the grader in place of theirs of the
// same names, and returns the path of the program. Remove, which may be nil, takes it all away. The
// error is a *Trouble if it is for the student to mend. No code of the student's runs.
func Build(ctx context.Context, dir string, grader map[string][]byte, limits Limits) (path string,
	remove func(), err error) {
	limits = limits.orDefault()
	command, err := exec.LookPath("go")
	if err != nil {
		return "", nil, errors.New("the go command is not there: labs need Go (https://go.dev/dl)")
	}
	tree, err := os.MkdirTemp("", "lab")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(tree) }
	if err := collect(dir, tree, grader, limits.MaxSource); err != nil {
		return "", remove, err
	}
	building, cancel := context.WithTimeout(ctx, limits.BuildTime)
	defer cancel()
	path = filepath.Join(tree, "student.program")
	out, err := compile(building, command, tree, path)
	switch {
	case ctx.Err() != nil:
		return "", remove, ctx.Err()
	case building.Err() != nil:
		return "", remove, &Trouble{"build", "the compiler has not come to an end within " +
			limits.BuildTime.String()}
	case err != nil:
		return "", remove, err
	case out != "":
		return "", remove, &Trouble{"build", "it does not build:\n" + cutText(out)}
	}
	return path, remove, nil
}

// compile makes a program of what is in a folder, and returns why that does not go; empty if it
// does.
func compile(ctx context.Context, command, tree, path string) (complaint string, err error) {
	c, err := child.Start(ctx, child.Config{
		// Paths of this machine have no place in a verdict.
		Args: []string{command, "build", "-trimpath", "-o", path, "."}, Dir: tree,
		// The student's module needs nothing but Go: no network, no workspace, no flags of the
		// user's, no other release of Go, no compiler of C.
		Env: append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off",
			"GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOOS=", "GOARCH="),
		First: 16 * maxText})
	if err != nil {
		return "", err
	}
	<-c.Ended()
	c.Stop()
	if status := c.Status(); status.Code != 0 {
		text := strings.ReplaceAll(c.Output(), tree+string(filepath.Separator), "")
		return cmp.Or(strings.TrimSpace(text), status.Text), nil
	}
	return "", nil
}

// collect puts a student's files and the grader's into a folder.
func collect(dir, tree string, grader map[string][]byte, most int) error {
	found := 0
	err := sources(dir, most, func(name string, b []byte) error {
		found++
		if _, replaced := grader[name]; replaced {
			return nil
		}
		to := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o666)
	})
	if err == nil && found == 0 {
		err = &Trouble{"build", "there is no Go in the folder: is it the one that " +
			"simplemsgr lab start has made?"}
	}
	if err != nil {
		return err
	}
	for name, b := range grader {
		// A folder of that name is a student's, or it would not be there.
		if err := os.RemoveAll(filepath.Join(tree, name)); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(tree, name), b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// cutText returns the beginning of a text.
func cutText(text string) string {
	if len(text) > maxText {
		return strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}
