package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"simplemessenger/internal/command/cluster"
)

func newConfigCommand() *cobra.Command {
	var login clusterFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show what was read from which file and line",
		Long: `config reads ceph.conf, CEPH_ARGS, the keyring and the flags as all commands do that log in to a cluster, and shows
what has come of it: who logs in where, with what key from which file, and each option that is set, with its line. It
logs in nowhere. Keys are not shown.`,
		Example: `  simplemsgr config
  simplemsgr config --conf ceph.conf --name osd.0 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := login.resolve(cmd.Context(), 5*time.Second, nil)
			if settings.File == nil {
				return err
			}
			shown := settingsOf(settings)
			if err != nil {
				shown.Error = err.Error()
			}
			if asJSON {
				if printed := printJSON(cmd.OutOrStdout(), shown); printed != nil {
					return printed
				}
				return err
			}
			if printed := shown.print(cmd.OutOrStdout()); printed != nil {
				return printed
			}
			return err
		},
	}
	login.add(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return cmd
}

// shownSettings is what config shows.
type shownSettings struct {
	File     string        `json:"file"`
	Name     string        `json:"name"`
	Monitors []string      `json:"monitors"`
	KeyFrom  string        `json:"key_from,omitempty"`
	Searched []string      `json:"keyrings_not_there,omitempty"`
	Options  []shownOption `json:"options"`
	Error    string        `json:"error,omitempty"`
}

type shownOption struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Section string `json:"section,omitempty"`
	File    string `json:"file,omitempty"` // empty for CEPH_ARGS
	Line    int    `json:"line,omitempty"`
}

// secret reports whether an option's value is one: key, mon_password, rgw_s3_secret …
func secret(option string) bool {
	if option == "key" || strings.HasSuffix(option, "_key") {
		return true
	}
	for _, part := range []string{"secret", "password", "passphrase", "token"} {
		if strings.Contains(option, part) {
			return true
		}
	}
	return false
}

func settingsOf(s cluster.Settings) shownSettings {
	shown := shownSettings{File: s.File.Path(), Name: s.Name.String(), KeyFrom: s.KeyFrom,
		Searched: s.Searched, Monitors: []string{}, Options: []shownOption{}}
	for _, a := range s.Monitors {
		shown.Monitors = append(shown.Monitors, a.AddrPort().String())
	}
	for _, o := range s.File.Options(s.Name) {
		value := s.File.Expand(s.Name, o.Value)
		if secret(o.Name) {
			value = "(not shown)"
		}
		shown.Options = append(shown.Options, shownOption{o.Name, value, o.Section, o.File, o.Line})
	}
	return shown
}

func (s shownSettings) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(columns ...string) { fmt.Fprintln(table, strings.Join(columns, "\t")) }
	file := s.File
	if file == "" {
		file = "none"
	}
	row("file", file)
	row("name", s.Name)
	row("monitors", strings.Join(s.Monitors, " "))
	switch {
	case s.KeyFrom != "":
		row("key", "from "+s.KeyFrom)
	case len(s.Searched) > 0:
		row("key", "none: no keyring at "+strings.Join(s.Searched, ", "))
	default:
		row("key", "none")
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, o := range s.Options {
		from := "CEPH_ARGS"
		if o.File != "" {
			from = fmt.Sprintf("%s:%d [%s]", o.File, o.Line, o.Section)
		}
		row(o.Name+" = "+o.Value, from)
	}
	return table.Flush()
}
