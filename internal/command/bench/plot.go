package bench

import (
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var plotFormats = []string{"svg", "png"}

// CheckPlotName returns an error if a plot cannot be written to a file of that name. The empty name
// is no plot.
func CheckPlotName(name string) error {
	if name != "" && !slices.Contains(plotFormats, plotFormat(name)) {
		return errors.Errorf("plot %q: the name has to end in .%s", name,
			strings.Join(plotFormats, " or ."))
	}
	return nil
}

func plotFormat(name string) string {
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
}

var plotColor = color.RGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}

// Plot draws the distribution of latencies, and throughput over time, into a file whose name says
// in which format.
func (r *Result) Plot(name string) error {
	const width, height = 16 * vg.Centimeter, 18 * vg.Centimeter
	canvas, err := draw.NewFormattedCanvas(width, height, plotFormat(name))
	if err != nil {
		return errors.WithStack(err)
	}
	latencies, err := r.latencyPlot()
	if err != nil {
		return err
	}
	throughput, err := r.throughputPlot()
	if err != nil {
		return err
	}
	whole := draw.New(canvas)
	const gap = 4 * vg.Millimeter
	latencies.Draw(draw.Crop(whole, gap, -gap, height/2, -gap))
	throughput.Draw(draw.Crop(whole, gap, -gap, gap, -height/2-gap))
	f, err := os.Create(name)
	if err != nil {
		return errors.WithStack(err)
	}
	if _, err := canvas.WriteTo(f); err != nil {
		_ = f.Close()
		return errors.WithStack(err)
	}
	return errors.WithStack(f.Close())
}

// latencyPlot has time over the fraction of requests, on a scale that gives each further nine of
// the percentile the same room.
func (r *Result) latencyPlot() (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = r.title()
	p.X.Label.Text = "percentile"
	p.Y.Label.Text = "latency (µs)"
	most := math.Log10(float64(max(r.Count, 10)))
	points := plotter.XYs{}
	for _, c := range r.curve {
		if x := -math.Log10(math.Max(1-c.Fraction, 1e-12)); x <= most && c.Micros > 0 {
			points = append(points, plotter.XY{X: x, Y: c.Micros})
		}
	}
	ticks := plot.ConstantTicks{{Value: 0, Label: "0"}}
	for n, label := range []string{"90", "99", "99.9", "99.99", "99.999", "99.9999", "99.99999"} {
		if float64(n+1) <= most {
			ticks = append(ticks, plot.Tick{Value: float64(n + 1), Label: label})
		}
	}
	p.X.Tick.Marker = ticks
	if len(points) > 1 && points[len(points)-1].Y > 20*points[0].Y {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	return p, addLine(p, points)
}

func (r *Result) throughputPlot() (*plot.Plot, error) {
	p := plot.New()
	p.X.Label.Text = "time (s)"
	p.Y.Label.Text = "thousand op/s"
	p.Y.Min = 0
	points := plotter.XYs{}
	for _, s := range r.Timeline {
		points = append(points, plotter.XY{X: s.At.Seconds(), Y: s.OpsPerSec / 1000})
	}
	return p, addLine(p, points)
}

func addLine(p *plot.Plot, points plotter.XYs) error {
	p.Add(plotter.NewGrid())
	if len(points) < 2 {
		return nil
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return errors.WithStack(err)
	}
	line.Color, line.Width = plotColor, vg.Points(1.5)
	p.Add(line)
	return nil
}
