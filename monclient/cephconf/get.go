package cephconf

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth"
)

// Path returns where the file was read from.
func (f *File) Path() string { return f.path }

// Get returns the value of an option for an entity, and whether there is one: from the section of
// its name ("client.admin"), else of its type ("client"), else from "global". Variables in it are
// replaced.
func (f *File) Get(name auth.EntityName, option string) (string, bool) {
	o, ok := f.Lookup(name, option)
	if !ok {
		return "", false
	}
	return f.Expand(name, o.Value), true
}

// Lookup returns where Get has the value of an option from.
func (f *File) Lookup(name auth.EntityName, option string) (Option, bool) {
	if o, ok := f.override[normalize(option)]; ok {
		return o, true
	}
	for _, section := range []string{name.String(), name.Type.String(), "global"} {
		if o, ok := f.sections[section][normalize(option)]; ok {
			return o, true
		}
	}
	return Option{}, false
}

// Options returns what is set for an entity, by name.
func (f *File) Options(name auth.EntityName) []Option {
	names := maps.Clone(f.override)
	if names == nil {
		names = map[string]Option{}
	}
	for _, section := range []string{name.String(), name.Type.String(), "global"} {
		maps.Copy(names, f.sections[section])
	}
	var all []Option
	for _, option := range slices.Sorted(maps.Keys(names)) {
		if o, ok := f.Lookup(name, option); ok {
			all = append(all, o)
		}
	}
	return all
}

// GetBool is Get for an option that is true or false, with the value that it has without a word
// about it.
func (f *File) GetBool(name auth.EntityName, option string, otherwise bool) (bool, error) {
	value, ok := f.Get(name, option)
	if !ok {
		return otherwise, nil
	}
	switch strings.ToLower(value) {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off":
		return false, nil
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil { // as Ceph takes any number
		return n != 0, nil
	}
	return false, errors.Errorf("%s: %s = %s is neither true nor false", f.path, option, value)
}

// GetInt is Get for a number.
func (f *File) GetInt(name auth.EntityName, option string, otherwise int) (int, error) {
	value, ok := f.Get(name, option)
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return 0, errors.Errorf("%s: %s = %s is not a number", f.path, option, value)
	}
	return n, nil
}

// List splits the value of an option that has several.
func List(value string) []string {
	return strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(",; \t", c) })
}

// Expand replaces variables in a value: $cluster, $type, $id or $num, $name, $host, $pid, and those
// that are named as options. What is no variable stays.
func (f *File) Expand(name auth.EntityName, value string) string {
	return f.expand(name, value, nil)
}

// expand leaves variables alone whose own value is being expanded.
func (f *File) expand(name auth.EntityName, value string, within []string) string {
	return os.Expand(value, func(variable string) string {
		switch variable {
		case "cluster":
			return f.Cluster()
		case "type":
			return name.Type.String()
		case "id", "num":
			return name.ID
		case "name":
			return name.String()
		case "host":
			host, _ := os.Hostname()
			host, _, _ = strings.Cut(host, ".")
			return host
		case "pid":
			return strconv.Itoa(os.Getpid())
		}
		if o, ok := f.Lookup(name, variable); ok && !slices.Contains(within, normalize(variable)) {
			return f.expand(name, o.Value, append(within[:len(within):len(within)],
				normalize(variable)))
		}
		return "$" + variable
	})
}

// Cluster returns the cluster's name, which is that of its file.
func (f *File) Cluster() string {
	base := f.path[strings.LastIndexByte(f.path, '/')+1:]
	if name, ok := strings.CutSuffix(base, ".conf"); ok && name != "" {
		return name
	}
	return "ceph"
}
