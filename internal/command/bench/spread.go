package bench

import "slices"

// Spread is what several runs gave.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

func spreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Clone(values)
	slices.Sort(v)
	middle := v[len(v)/2]
	if len(v)%2 == 0 {
		middle = (v[len(v)/2-1] + middle) / 2
	}
	return Spread{v[0], middle, v[len(v)-1]}
}

// spread returns the spread of one figure of runs.
func spread(runs []*Result, figure func(*Result) float64) Spread {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = figure(r)
	}
	return spreadOf(values)
}

func rate(r *Result) float64 { return r.OpsPerSec }
