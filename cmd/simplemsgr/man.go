//go:build man

package main

import (
	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// The command that writes manual pages is there with the build tag "man" alone, for make install
// and releases: who has the pages does not need what makes them, a parser of Markdown and one of
// YAML.
func init() {
	furtherCommands = append(furtherCommands, func() *cobra.Command {
		return &cobra.Command{
			Use:    "man DIR",
			Short:  "Write the manual pages of all commands into a directory",
			Hidden: true,
			Args:   cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				root := cmd.Root()
				root.InitDefaultCompletionCmd()
				root.DisableAutoGenTag = true // so that the same source gives the same bytes
				return errors.WithStack(doc.GenManTree(root, &doc.GenManHeader{
					Section: "1", Source: "simplemsgr", Manual: "SimpleMessenger in Go",
				}, args[0]))
			},
		}
	})
}
