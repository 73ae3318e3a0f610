package vectors

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// Export writes all files into a directory, which is made if it is not there, and returns how many.
// It does not write over files.
func Export(from fs.FS, dir string) (files int, err error) {
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return 0, errors.WithStack(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, errors.WithStack(err)
	}
	for _, e := range entries {
		b, err := fs.ReadFile(from, e.Name())
		if err != nil {
			return files, errors.WithStack(err)
		}
		if err := writeNew(filepath.Join(dir, e.Name()), b); err != nil {
			return files, err
		}
		files++
	}
	return files, nil
}

func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return errors.WithStack(err)
	}
	_, err = f.Write(b)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return errors.WithStack(err)
}
