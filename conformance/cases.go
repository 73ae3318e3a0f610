package conformance

import (
	"embed"
	"io/fs"
	"sync"

	"simplemessenger/conformance/script"
)

//go:embed cases
var files embed.FS

// Cases returns all cases of the kit, in the order of their files and lines. They are shared: the
// caller must not change them.
var Cases = sync.OnceValue(func() []*script.Case {
	var all []*script.Case
	err := fs.WalkDir(files, "cases", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := files.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		cases, err := script.Parse(f, path)
		all = append(all, cases...)
		return err
	})
	if err != nil {
		panic(err) // a test reads them all
	}
	return all
})
