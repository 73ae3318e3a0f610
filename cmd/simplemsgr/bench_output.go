package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/bench"
)

// processFlags defines the flags of each process that is measured.
func processFlags(cmd *cobra.Command, cpu *int, profiles *string) {
	flags := cmd.Flags()
	flags.IntVar(cpu, "cpu", -1, "run on this processor alone (Linux)")
	flags.StringVar(profiles, "profile", "",
		"write CPU, allocation, mutex and block profiles into this directory")
	_ = cmd.MarkFlagDirname("profile")
}

// prepareProcess pins the process, which may mean that it starts anew and this call does not
// return, and starts its profiles. The function that it returns ends them.
func prepareProcess(end string, cpu int, profiles string) (stop func(*error), err error) {
	if cpu >= 0 {
		if err := bench.Pin(cpu); err != nil {
			return nil, err
		}
	}
	if profiles == "" {
		return func(*error) {}, nil
	}
	write, err := bench.StartProfiles(profiles, end)
	return func(err *error) {
		if e := write(); *err == nil {
			*err = e
		}
	}, err
}

// report is what a measurement has to tell.
type report interface {
	WriteText(io.Writer) error
}

// reportOutput has the flags of a command that measures, besides those that say what.
type reportOutput struct {
	asJSON   bool
	cpu      int
	profiles string
}

func (r *reportOutput) flags(cmd *cobra.Command) {
	r.jsonFlag(cmd)
	processFlags(cmd, &r.cpu, &r.profiles)
}

// jsonFlag defines the only flag of a command whose process is not itself measured.
func (r *reportOutput) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.asJSON, "json", false, "print the result as one JSON object")
	r.cpu = -1
}

// run measures with the process made ready, and prints the result.
func (r *reportOutput) run(cmd *cobra.Command,
	measure func(bench.Program, bench.Progress) (report, error)) (err error) {
	stop, err := prepareProcess("client", r.cpu, r.profiles)
	if err != nil {
		return err
	}
	defer stop(&err)
	self, err := benchSelf()
	if err != nil {
		return err
	}
	self.Profiles = r.profiles
	progress, finish := progressBar(cmd)
	result, err := measure(self, progress)
	finish()
	if err != nil {
		return err
	}
	if r.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
	}
	return result.WriteText(cmd.OutOrStdout())
}

// loadOutput is reportOutput for a single load, which can be drawn.
type loadOutput struct {
	reportOutput
	plot string
}

func (l *loadOutput) flags(cmd *cobra.Command) {
	l.reportOutput.flags(cmd)
	cmd.Flags().StringVar(&l.plot, "plot", "",
		"draw latency and throughput into this file, .svg or .png")
	_ = cmd.MarkFlagFilename("plot", "svg", "png")
}

func (l *loadOutput) run(cmd *cobra.Command, o bench.Options, run runLoad) error {
	o = o.WithDefaults()
	if err := o.Check(); err != nil {
		return err
	}
	if err := bench.CheckPlotName(l.plot); err != nil {
		return err
	}
	return l.reportOutput.run(cmd, func(self bench.Program, progress bench.Progress) (report,
		error) {
		r, err := run(cmd.Context(), o, self, progress)
		if err == nil && l.plot != "" {
			err = r.Plot(l.plot)
		}
		return r, err
	})
}

// progressBar shows how far a run is on standard error, if that is a terminal.
func progressBar(cmd *cobra.Command) (progress bench.Progress, finish func()) {
	w := cmd.ErrOrStderr()
	if !isTerminal(w) {
		return nil, func() {}
	}
	const steps = 1000
	bar := progressbar.NewOptions(steps, progressbar.OptionSetWriter(w),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionThrottle(100*time.Millisecond))
	return func(s bench.Step) {
		bar.Describe(s.Text)
		// it is full when the result is there, not before
		_ = bar.Set(min(int(s.Fraction*steps), steps-1))
	}, func() { _ = bar.Finish() }
}
