package status

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Status is what the monitors answer to the command "status", as far as it is shown.
type Status struct {
	FSID   string `json:"fsid"`
	Health struct {
		Status string `json:"status"`
		Checks map[string]struct {
			Summary struct {
				Message string `json:"message"`
			} `json:"summary"`
			Muted bool `json:"muted"`
		} `json:"checks"`
	} `json:"health"`
	Quorum []string `json:"quorum_names"`
	MonMap struct {
		Count int `json:"num_mons"`
	} `json:"monmap"`
	OSDMap OSDMap `json:"osdmap"`
	PGMap  struct {
		States []struct {
			Name  string `json:"state_name"`
			Count int    `json:"count"`
		} `json:"pgs_by_state"`
		PGs       int    `json:"num_pgs"`
		Pools     int    `json:"num_pools"`
		Objects   uint64 `json:"num_objects"`
		Data      uint64 `json:"data_bytes"`
		Used      uint64 `json:"bytes_used"`
		Available uint64 `json:"bytes_avail"`
		Total     uint64 `json:"bytes_total"`
		Degraded  uint64 `json:"degraded_objects"`
		Misplaced uint64 `json:"misplaced_objects"`
	} `json:"pgmap"`
	MgrMap struct {
		Available  bool   `json:"available"`
		ActiveName string `json:"active_name"` // Ceph 14.2
		Standbys   int    `json:"num_standbys"`
	} `json:"mgrmap"`
}

// OSDMap counts the osds.
type OSDMap struct {
	Epoch int `json:"epoch"`
	Total int `json:"num_osds"`
	Up    int `json:"num_up_osds"`
	In    int `json:"num_in_osds"`
}

// UnmarshalJSON implements json.Unmarshaler for both forms: Ceph 14.2 has an object within the
// object.
func (m *OSDMap) UnmarshalJSON(b []byte) error {
	type flat OSDMap
	var nested struct {
		flat
		Inner *flat `json:"osdmap"`
	}
	if err := json.Unmarshal(b, &nested); err != nil {
		return err
	}
	if *m = OSDMap(nested.flat); nested.Inner != nil {
		*m = OSDMap(*nested.Inner)
	}
	return nil
}

// Decode reads the output of the command.
func Decode(output []byte) (Status, error) {
	var s Status
	err := json.Unmarshal(output, &s)
	return s, errors.Wrap(err, "output of status")
}

// Print writes a few lines.
func (s Status) Print(w io.Writer) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-8s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("cluster", "%s", s.FSID)
	line("health", "%s", s.Health.Status)
	for _, check := range slices.Sorted(maps.Keys(s.Health.Checks)) {
		if c := s.Health.Checks[check]; !c.Muted {
			line("", "%s: %s", check, c.Summary.Message)
		}
	}
	line("mon", "%s, quorum %s", count(max(s.MonMap.Count, len(s.Quorum)), "monitor"),
		strings.Join(s.Quorum, ", "))
	line("mgr", "%s", s.mgr())
	line("osd", "%s: %d up, %d in (osdmap e%d)", count(s.OSDMap.Total, "osd"), s.OSDMap.Up,
		s.OSDMap.In, s.OSDMap.Epoch)
	states := make([]string, len(s.PGMap.States))
	for i, state := range s.PGMap.States {
		states[i] = fmt.Sprintf("%d %s", state.Count, state.Name)
	}
	line("data", "%s, %s: %s", count(s.PGMap.Pools, "pool"), count(s.PGMap.PGs, "pg"),
		strings.Join(states, ", "))
	line("", "%s, %s; %s used, %s of %s free", count(int(s.PGMap.Objects), "object"),
		size(s.PGMap.Data), size(s.PGMap.Used),
		size(s.PGMap.Available), size(s.PGMap.Total))
	if s.PGMap.Degraded > 0 || s.PGMap.Misplaced > 0 {
		line("", "%d degraded, %d misplaced", s.PGMap.Degraded, s.PGMap.Misplaced)
	}
}

func (s Status) mgr() string {
	switch {
	case !s.MgrMap.Available:
		return "none active"
	case s.MgrMap.ActiveName != "":
		return s.MgrMap.ActiveName + " active"
	}
	return "active, " + fmt.Sprintf("%d standing by", s.MgrMap.Standbys)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// size returns a number of bytes in binary units.
func size(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n), -1
	for f >= 1024 {
		f /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", f, units[unit])
}
