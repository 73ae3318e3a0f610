package vectors

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// object is a JSON object whose keys stay in order.
type object []member

type member struct {
	key   string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(marshal(m.key))
		b.WriteByte(':')
		b.Write(marshal(m.value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// writeSchema makes the schema of all files out of the types of the fields, so that it cannot say
// something else than they do.
func writeSchema() []byte {
	names := slices.Sorted(maps.Keys(structures))
	defs := object{
		{"octets", pattern("^([0-9a-f]{2})*$", "bytes")},
		{"key", pattern("^[0-9a-f]{32}$", "a secret for AES-128")},
		{"source", object{{"type", "string"}, {"minLength", 1}}},
		{"vector", oneOf(names, object{{"name", object{{"type", "string"}, {"minLength", 1}}},
			{"structure", nil}, {"source", ref("source")}, {"key", ref("key")},
			{"hex", ref("octets")}, {"fields", nil}}, "key")},
		{"piece", oneOf(names, object{{"from", object{{"enum", []string{fromClient, fromServer}}}},
			{"offset", object{{"type", "integer"}, {"minimum", 0}}}, {"structure", nil},
			{"hex", ref("octets")}, {"fields", nil}})},
		{"conversation", conversationSchema()},
	}
	for _, name := range names {
		defs = append(defs, member{"fields of " + name,
			fieldSchema(reflect.TypeOf(structures[name].empty()).Elem())})
	}
	schema := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "A file of golden vectors of Ceph's messenger protocol v1"},
		{"type", "array"}, {"minItems", 1},
		{"items", object{
			{"if", object{{"properties", object{{"structure", object{{"enum",
				[]string{handshake, session}}}}}}}},
			{"then", ref("conversation")}, {"else", ref("vector")}}},
		{"$defs", defs},
	}
	b, err := json.MarshalIndent(schema, "", " ")
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

func ref(name string) object {
	return object{{"$ref", "#/$defs/" + strings.ReplaceAll(name, " ", "%20")}}
}

func pattern(expression, description string) object {
	return object{{"type", "string"}, {"pattern", expression}, {"description", description}}
}

// closed is an object with these keys and no others; all but the optional ones must be there.
func closed(properties object, optional ...string) object {
	required := []string{}
	for _, p := range properties {
		if !slices.Contains(optional, p.key) {
			required = append(required, p.key)
		}
	}
	return object{{"type", "object"}, {"properties", properties}, {"required", required},
		{"additionalProperties", false}}
}

// oneOf is an object whose key "structure" is one of the names, and whose key "fields" is as that
// structure wants it.
func oneOf(names []string, properties object, optional ...string) object {
	properties = slices.Clone(properties)
	for i := range properties {
		switch properties[i].key {
		case "structure":
			properties[i].value = object{{"enum", names}}
		case "fields":
			properties[i].value = object{{"type", "object"}}
		}
	}
	var cases []object
	for _, name := range names {
		cases = append(cases, object{
			{"if", object{{"properties", object{{"structure", object{{"const", name}}}}}}},
			{"then", object{{"properties", object{{"fields", ref("fields of " + name)}}}}},
		})
	}
	return append(closed(properties, optional...), member{"allOf", cases})
}

func conversationSchema() object {
	return closed(object{
		{"name", object{{"type", "string"}, {"minLength", 1}}},
		{"structure", object{{"enum", []string{handshake, session}}}},
		{"source", ref("source")}, {"key", ref("key")},
		{"handmade", object{{"type", "array"}, {"uniqueItems", true},
			{"items", object{{"enum", []string{fromClient, fromServer}}}}}},
		{"pieces", object{{"type", "array"}, {"minItems", 1}, {"items", ref("piece")}}},
	}, "key", "handmade")
}

// fieldSchema describes the type of a field.
func fieldSchema(t reflect.Type) object {
	switch reflect.New(t).Interface().(type) {
	case *hex64:
		return pattern("^0x[0-9a-f]{16}$", "64 bits")
	case *hex32:
		return pattern("^0x[0-9a-f]{8}$", "32 bits")
	case *dec64:
		return pattern("^(0|[1-9][0-9]{0,19})$", "an integer of 64 bits")
	case *num64:
		return pattern("^(0|-?[1-9][0-9]{0,18})$", "an integer of 64 bits with a sign")
	case *octet:
		return ref("octets")
	}
	switch t.Kind() {
	case reflect.Struct:
		properties, optional := properties(t)
		return closed(properties, optional...)
	case reflect.Slice:
		return object{{"type", "array"}, {"items", fieldSchema(t.Elem())}}
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Pointer:
		return fieldSchema(t.Elem())
	case reflect.Int:
		return object{{"type", "integer"}, {"minimum", 0}, {"maximum", 255}}
	default:
		return object{{"type", "integer"}, {"minimum", 0}, {"maximum", uint64(1)<<t.Bits() - 1}}
	}
}

func properties(t reflect.Type) (all object, optional []string) {
	for f := range t.Fields() {
		if f.Anonymous {
			inner, more := properties(f.Type)
			all, optional = append(all, inner...), append(optional, more...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if options == "omitempty" {
			optional = append(optional, name)
		}
		all = append(all, member{name, fieldSchema(f.Type)})
	}
	return all, optional
}

// compiled is the schema as another library understands it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	schema, err := compiler.Compile(filepath.Join(vectorDir, schemaFile))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestFilesFollowTheSchema(t *testing.T) {
	schema := compiled(t)
	paths, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		if filepath.Base(path) == schemaFile {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	for _, text := range []string{
		`{}`, `[]`, `[{}]`,
		`[{"name":"a","structure":"seq","source":"s","hex":"00","fields":{"seq":0}}]`,
		`[{"name":"a","structure":"seq","source":"s","hex":"0","fields":{"seq":"0"}}]`,
		`[{"name":"a","structure":"seq","source":"s","hex":"","fields":{"seq":"0"},"pieces":[]}]`,
		`[{"name":"a","structure":"seq","source":"s","hex":"","fields":{"seq":"0","more":1}}]`,
		`[{"name":"a","structure":"unheard","source":"s","hex":"","fields":{"seq":"0"}}]`,
		`[{"name":"a","structure":"timespec","source":"s","hex":"","fields":{"sec":4294967296,` +
			`"nsec":0}}]`,
		`[{"name":"a","structure":"session","source":"s","pieces":[]}]`,
		`[{"name":"a","structure":"session","source":"s","pieces":[{"from":"nobody","offset":0,` +
			`"structure":"seq","hex":"","fields":{"seq":"0"}}]}]`,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err == nil {
			t.Errorf("taken: %s", text)
		}
	}
	const right = `[{"name":"a","structure":"seq","source":"s","hex":"","fields":{"seq":"0"}}]`
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(right))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
}
