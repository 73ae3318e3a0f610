package main

import (
	"context"
	"fmt"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/docs"
	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/lab"
	"simplemessenger/internal/command/pages"
	"simplemessenger/labs"
	"simplemessenger/labs/grade"
)

func newLabCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Learn a messenger by building it: eight labs, with graders",
		Long: `lab is a course. In each lab you write a part of a messenger in Go, from its bytes to its events, and a grader
says what is right, and tells the story of the first thing that is not. You need Go, and nothing else: labs and graders
are part of this program.

  1. simplemsgr lab start 1 lab1     makes a folder with a task, README.md, and code to complete
  2. simplemsgr lab test 1 lab1      grades it; again whenever you like
  3. simplemsgr lab hint 1 STEP      helps a little
  4. simplemsgr lab view             shows two messengers talk, step by step and back

How to teach with them is told by: simplemsgr docs teaching`,
		Example: `  simplemsgr lab list
  simplemsgr lab start 1 lab1
  simplemsgr lab test 1 lab1 --watch`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLabListCommand(), newLabStartCommand(), newLabTestCommand(),
		newLabHintCommand(), newLabViewCommand())
	return cmd
}

func newLabViewCommand() *cobra.Command {
	var page viewFlags
	var carrier engine.Engine
	cmd := &cobra.Command{
		Use:   "view [FILE]",
		Short: "Watch messengers on a page for a browser, step by step and back again",
		Long: `view shows two messengers on a page for a browser, as demo --view does. With a FILE the page shows that: what "lab test
--json" said of a step that failed, a run of --record, a capture, or what "conform --json" wrote.`,
		Example: `  simplemsgr lab view
  simplemsgr lab test 2 lab2 --json > verdict.json; simplemsgr lab view verdict.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := page.check(cmd.Flags(), true, files); err != nil {
				return err
			}
			return page.serve(cmd, files, carrier)
		},
	}
	cmd.Flags().Var(&carrier, "engine", engine.Usage)
	page.add(cmd.Flags())
	return cmd
}

func newLabListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the labs, with their steps and points",
		Example: `  simplemsgr lab list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return lab.List(cmd.OutOrStdout(), labs.All())
		},
	}
}

func newLabStartCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "start N DIR",
		Short: "Write the files of a lab into a new folder",
		Long: `start makes the folder DIR, with the task of lab N in README.md, a module of Go that builds, and holes in it that say
TODO. A folder in which something is stays as it is.`,
		Example: `  simplemsgr lab start 1 lab1`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := lab.Find(labs.All(), args[0])
			if err != nil {
				return err
			}
			return lab.Start(cmd.OutOrStdout(), l, args[1])
		},
	}
}

func newLabHintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hint N [STEP]",
		Short: "Show a hint for a step of a lab",
		Long:  `hint shows what may help with one step. Without STEP it says which steps there are.`,
		Example: `  simplemsgr lab hint 1
  simplemsgr lab hint 1 entity_name`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := lab.Find(labs.All(), args[0])
			if err != nil {
				return err
			}
			step := ""
			if len(args) > 1 {
				step = args[1]
			}
			return lab.Hint(cmd.OutOrStdout(), l, step)
		},
	}
}

func newLabTestCommand() *cobra.Command {
	var asJSON, watch bool
	var seed uint64
	var monitor string
	cmd := &cobra.Command{
		Use:   "test N DIR",
		Short: "Grade what is in the folder of a lab",
		Long: `test builds what is in DIR and asks it step after step, as lab N says, until one is not right: what was asked, what
should have come, what came, and what to read. Your files are copied, and built beside the grader's own; nothing in DIR
changes. Your program runs as a process of its own, which is stopped if it does not answer within ten seconds, or takes
512 MiB, or prints a megabyte. It can do what you can: grade the work of strangers in a container.

The same seed asks the same questions, and what is answered alike gets the same verdict; but the last step of lab 5 and
all of lab 8 play over sockets in real time, where a mistake that needs bad luck may show in one run only. With --json
the verdict is one line, for a grading service, in the form of docs/lab-verdict.schema.json.

The exit status is 0 with all points, and 1 without; with --watch that of the last verdict before you interrupt it.`,
		Example: `  simplemsgr lab test 1 lab1
  simplemsgr lab test 1 lab1 --watch
  simplemsgr lab test 1 lab1 --json --seed 4711`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := lab.Find(labs.All(), args[0])
			if err != nil {
				return err
			}
			l.Monitor = monitor
			grade.Shield()
			t := labTest{cmd: cmd, lab: l, dir: args[1], seed: seed, json: asJSON}
			if !watch {
				return t.grade(cmd.Context())
			}
			return t.watch(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the verdict as a line of JSON")
	cmd.Flags().BoolVar(&watch, "watch", false, "grade again whenever a file changes")
	cmd.Flags().StringVar(&monitor, "monitor", "",
		"HOST:PORT[/NONCE] of a real monitor, which the messenger of lab 5 pings at its end")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the questions")
	return cmd
}

// labTest is one call of lab test.
type labTest struct {
	cmd  *cobra.Command
	lab  *grade.Lab
	dir  string
	seed uint64
	json bool
}

// grade grades once. The error is errReported if points are missing.
func (t *labTest) grade(ctx context.Context) error {
	v, err := t.lab.Test(ctx, t.dir, t.seed)
	if err != nil {
		return err
	}
	out := t.cmd.OutOrStdout()
	if t.json {
		err = lab.JSON(out, v)
	} else {
		pages, e := pages.Read(docs.Files)
		if e != nil {
			return e
		}
		p := lab.Printer{Lab: t.lab, Docs: pages, Color: isTerminal(out), Width: terminalWidth(out)}
		err = p.Print(out, v)
	}
	if err == nil && v.Points < v.Of {
		return errReported
	}
	return err
}

// watch grades until it is interrupted, and ends as the last verdict was.
func (t *labTest) watch(ctx context.Context) error {
	last := errReported
	again := false
	err := lab.Watch(ctx, t.dir, func() error {
		if again && !t.json {
			fmt.Fprintln(t.cmd.OutOrStdout())
		}
		again = true
		err := t.grade(ctx)
		if err == nil || errors.Is(err, errReported) {
			last = err
			return nil
		}
		return err
	})
	if errors.Is(err, context.Canceled) {
		return last
	}
	return err
}
