package simplemsgr_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"simplemessenger/simplemsgr"
)

// "go doc" shows no methods of an alias: each is listed in its comment, and nothing else is.
func TestTypesListTheirMethods(t *testing.T) {
	source, err := os.ReadFile("types.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []reflect.Type{reflect.TypeFor[*simplemsgr.Message](),
		reflect.TypeFor[*simplemsgr.Connection](), reflect.TypeFor[*simplemsgr.Delivery]()} {
		name := of.Elem().Name()
		comment, _, ok := strings.Cut(string(source), "type "+name+" = ")
		if !ok {
			t.Fatalf("no %s", name)
		}
		comment = comment[strings.LastIndex(comment, "\n\n"):]
		var listed, have []string
		for _, line := range regexp.MustCompile(`(?m)^//\t(.*?)(  |$)`).FindAllStringSubmatch(comment,
			-1) {
			for _, m := range regexp.MustCompile(`(\w+)\(`).FindAllStringSubmatch(line[1], -1) {
				if m[1] != "func" {
					listed = append(listed, m[1])
				}
			}
			for _, m := range regexp.MustCompile(`(\w+)\(\) <-chan`).FindAllStringSubmatch(line[1],
				-1) {
				listed = append(listed, m[1])
			}
		}
		for i := range of.NumMethod() {
			have = append(have, of.Method(i).Name)
		}
		slices.Sort(listed)
		listed = slices.Compact(listed)
		if !slices.Equal(listed, have) {
			t.Errorf("%s lists %v, and has %v", name, listed, have)
		}
	}
}
