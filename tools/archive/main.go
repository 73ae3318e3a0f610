// Command archive packs a folder into a .tar.gz or .zip whose bytes depend on nothing but the
// names, contents and executable bits of its files, and on the date that is given.
//
//	archive -date SECONDS DIR FILE
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	date := flag.Int64("date", 0, "when all of it was made, in seconds since 1970")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: archive -date SECONDS DIR FILE")
		os.Exit(2)
	}
	if err := pack(flag.Arg(0), flag.Arg(1), time.Unix(*date, 0).UTC()); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

// writer adds one file to an archive.
type writer interface {
	add(name string, mode fs.FileMode, content []byte) error
	io.Closer
}

// pack packs a folder, with its own name in front of the names of its files.
func pack(dir, file string, date time.Time) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	var w writer
	switch {
	case strings.HasSuffix(file, ".tar.gz"):
		compressed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
		if err != nil {
			return err
		}
		w = &tarball{tar.NewWriter(compressed), compressed, date}
	case strings.HasSuffix(file, ".zip"):
		w = &zipball{zip.NewWriter(out), date}
	default:
		return fmt.Errorf("%s is to be neither .tar.gz nor .zip", file)
	}
	if err := addFolder(w, dir); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Close()
}

// addFolder adds the regular files of a folder in the order of their names; others are an error.
func addFolder(w writer, dir string) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no regular file", name)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o111 != 0 {
			mode = 0o755
		}
		return w.add(path.Join(filepath.Base(dir), filepath.ToSlash(relative)), mode, content)
	})
}

type tarball struct {
	*tar.Writer
	compressed io.Closer
	date       time.Time
}

func (t *tarball) add(name string, mode fs.FileMode, content []byte) error {
	err := t.WriteHeader(&tar.Header{Name: name, Mode: int64(mode), Size: int64(len(content)),
		ModTime: t.date, Format: tar.FormatUSTAR})
	if err == nil {
		_, err = t.Write(content)
	}
	return err
}

func (t *tarball) Close() error {
	if err := t.Writer.Close(); err != nil {
		return err
	}
	return t.compressed.Close()
}

type zipball struct {
	*zip.Writer
	date time.Time
}

func (z *zipball) add(name string, mode fs.FileMode, content []byte) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.date}
	header.SetMode(mode)
	w, err := z.CreateHeader(header)
	if err == nil {
		_, err = w.Write(content)
	}
	return err
}
