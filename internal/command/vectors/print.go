package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
)

// Print writes vectors for people: each with its name and source, a line for each field with its
// offset and size where the fields follow one another in the bytes, and then the bytes.
func Print(w io.Writer, files []File) error {
	p := printer{w: w}
	for _, f := range files {
		for i := range f.Vectors {
			p.vector(f.Name, &f.Vectors[i])
		}
	}
	return errors.WithStack(p.err)
}

// printer remembers the first error, so that not every line has to ask for it.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) vector(file string, v *Vector) {
	p.line("%s: %s", file, v.Name)
	p.line("  structure %s, source %s", v.Structure, v.Source)
	if len(v.Key) > 0 {
		p.line("  key %x", []byte(v.Key))
	}
	for _, side := range v.Handmade {
		p.line("  the %s is hand-made", side)
	}
	key, err := v.key()
	if err != nil {
		p.line("  ! %v", err)
	}
	if !v.isConversation() {
		p.structure(v.Structure, v.Hex, v.Fields, key)
	}
	for i := range v.Pieces {
		piece := &v.Pieces[i]
		arrow := map[string]string{fromClient: ">", fromServer: "<"}[piece.From]
		p.line("  %s %s @%d+%d", arrow, piece.Structure, piece.Offset, len(piece.Hex))
		p.structure(piece.Structure, piece.Hex, piece.Fields, key)
	}
	p.line("")
}

func (p *printer) structure(name string, b []byte, written json.RawMessage, key cephx.CryptoKey) {
	fields, err := fieldsOf(name, b, key)
	switch {
	case err != nil:
		p.line("    ! %v", err)
		p.line("    %s", written)
	case structures[name].inOrder:
		p.fields("", reflect.ValueOf(fields).Elem(), 0)
	default:
		// Sealed, or with versions and lengths between the fields.
		p.line("    %s", marshal(fields))
	}
	p.dump(b)
}

// dump writes bytes, 16 in a line with their offset. Lines that are the same as the one before them
// become one star, as in hexdump.
func (p *printer) dump(b []byte) {
	const width = 16
	var last []byte
	left := false
	for at := 0; at < len(b); at += width {
		row := b[at:min(at+width, len(b))]
		switch {
		case !bytes.Equal(row, last):
			p.line("    %5d: % x", at, row)
		case !left:
			p.line("        *")
		}
		left, last = bytes.Equal(row, last), row
	}
}

// fields writes the fields of a structure that are one behind the other from an offset on, and
// returns the offset behind them.
func (p *printer) fields(prefix string, v reflect.Value, at int) int {
	for i := range v.NumField() {
		field, name := v.Field(i), prefix
		if v.Type().Field(i).Anonymous {
			at = p.fields(prefix, field, at)
			continue
		}
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		name += tag
		if field.Kind() == reflect.Pointer {
			if field.IsNil() {
				continue // not in a frame with this tag
			}
			field = field.Elem()
		}
		size := sizeOf(field)
		if size < 0 {
			at = p.fields(name+".", field, at)
			continue
		}
		if size > 0 {
			p.line("    %5d %3d %s = %s", at, size, name, valueText(field))
		}
		at += size
	}
	return at
}

// sizeOf returns the encoded size of a field, and -1 for a structure, which is printed field by
// field.
func sizeOf(v reflect.Value) int {
	switch v.Kind() {
	case reflect.Struct:
		if _, ok := v.Interface().(addrFields); ok {
			return 136
		}
		return -1
	case reflect.String, reflect.Slice:
		return v.Len()
	default:
		return int(v.Type().Size())
	}
}

// valueText writes a value as in JSON, without quotes, and shortens it: the bytes follow anyway.
func valueText(v reflect.Value) string {
	const most = 120
	text := strings.Trim(string(marshal(v.Interface())), `"`)
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}
