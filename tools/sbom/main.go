// Command sbom writes a bill of materials (CycloneDX, JSON) of a Go program, by what the linker has
// written into the program: its modules, their versions and checksums, and the release of Go.
//
//	sbom -name NAME -version VERSION -date SECONDS PROGRAM
//
// The same program gives the same bytes: no serial number, no path, no time but the one given.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	name := flag.String("name", "", "what the program is called")
	version := flag.String("version", "", "version of the program's module")
	date := flag.Int64("date", 0, "when it was made, in seconds since 1970")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: sbom -name NAME -version VERSION -date SECONDS PROGRAM")
		os.Exit(2)
	}
	if err := write(os.Stdout, *name, *version, time.Unix(*date, 0), flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, name, version string, date time.Time, program string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	main := component(&debug.Module{Path: info.Main.Path, Version: version})
	main.Type, main.Name = cyclonedx.ComponentTypeApplication, name
	main.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256,
		Value: hex.EncodeToString(sum[:])}}
	license := cyclonedx.Licenses{{License: &cyclonedx.License{ID: "BSD-3-Clause"}}}
	main.Licenses = &license

	standard := component(&debug.Module{Path: "std",
		Version: strings.TrimPrefix(info.GoVersion, "go")})
	components := []cyclonedx.Component{standard}
	needs := []string{standard.BOMRef}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		c := component(module)
		components, needs = append(components, c), append(needs, c.BOMRef)
	}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: date.UTC().Format(time.RFC3339), Component: &main}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: main.BOMRef, Dependencies: &needs}}
	return cyclonedx.NewBOMEncoder(w, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom,
		cyclonedx.SpecVersion1_6)
}

// component describes a module. Its hash is that of go.sum, a SHA-256 of the names and hashes of
// all its files, as cyclonedx-gomod gives it too.
func component(module *debug.Module) cyclonedx.Component {
	url := "pkg:golang/" + module.Path + "@" + module.Version
	c := cyclonedx.Component{BOMRef: url, Type: cyclonedx.ComponentTypeLibrary, Name: module.Path,
		Version: module.Version, PackageURL: url}
	sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(module.Sum, "h1:"))
	if err == nil && len(sum) > 0 {
		c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256,
			Value: hex.EncodeToString(sum)}}
	}
	return c
}
