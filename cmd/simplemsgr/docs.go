package main

import (
	"strings"

	"github.com/spf13/cobra"

	"simplemessenger/docs"
	"simplemessenger/internal/command/pages"
)

func newDocsCommand() *cobra.Command {
	var search bool
	cmd := &cobra.Command{
		Use:   "docs [TOPIC]",
		Short: "Show the documentation",
		Long: `docs shows a page of the documentation, which is part of this program. TOPIC is the name of a page, a section of
one as PAGE#SECTION, a word of the glossary, or words of a heading; of several sections that fit their names are shown.
Without TOPIC the pages are listed.

With --search the words may stand anywhere: each section that has them all is named, with a line of it.`,
		Example: `  simplemsgr docs
  simplemsgr docs protocol
  simplemsgr docs protocol#connect-33-bytes
  simplemsgr docs RESETSESSION
  simplemsgr docs --search requeue order`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string,
			cobra.ShellCompDirective) {
			all, _ := pages.Read(docs.Files)
			var names []string
			for _, p := range all {
				names = append(names, p.Name+"\t"+p.Title)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := pages.Read(docs.Files)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			style := pages.Style{Color: isTerminal(out), Width: min(terminalWidth(out), 100)}
			switch {
			case search:
				return pages.PrintHits(out, all, args, style)
			case len(args) == 0:
				return pages.PrintList(out, all, style)
			}
			return pages.PrintTopic(out, all, strings.Join(args, " "), style)
		},
	}
	cmd.Flags().BoolVar(&search, "search", false, "name the sections in which the words stand")
	return cmd
}
