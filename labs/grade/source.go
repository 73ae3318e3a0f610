package grade

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// maxEntries bounds the files and folders that are looked at: who names his home by mistake is told
// so.
const maxEntries = 5000

// sources calls each with the files of a student's folder that belong to a program, in order.
// Links are not followed, and no go.mod is taken, which could have it built of what lies
// elsewhere. The error is a *Trouble if there is too much.
func sources(dir string, most int, each func(name string, b []byte) error) error {
	entries, size := 0, 0
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entries++; entries > maxEntries {
			return &Trouble{"build", "there are too many files in the folder: is it the right one?"}
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && strings.ContainsAny(d.Name()[:1], "._") {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || filepath.Ext(name) != ".go" {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if size += int(min(info.Size(), 1<<30)); size > most {
			return &Trouble{"build", "there is too much source in the folder: is it the right one?"}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return each(name, b)
	})
}

// Fingerprint returns another text whenever what would be graded in a folder has changed.
func Fingerprint(dir string) (string, error) {
	hash := sha256.New()
	err := sources(dir, DefaultLimits.MaxSource, func(name string, b []byte) error {
		for _, part := range [][]byte{[]byte(name), b} {
			hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			hash.Write(part)
		}
		return nil
	})
	return hex.EncodeToString(hash.Sum(nil)), errors.Wrap(err, "what is to be graded")
}
