package ping

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// MonitorStatus is what a monitor's answer to MPing says, as far as it is shown.
type MonitorStatus struct {
	Health struct {
		Status string `json:"status"`
	} `json:"health"`
	Monitor struct {
		Name  string `json:"name"`
		Rank  int    `json:"rank"`
		State string `json:"state"`
		Map   struct {
			FSID string `json:"fsid"`
		} `json:"monmap"`
	} `json:"mon_status"`
}

// String returns one line.
func (s MonitorStatus) String() string {
	return fmt.Sprintf("mon.%s is %s, health %s, fsid %s", s.Monitor.Name, s.Monitor.State,
		s.Health.Status, s.Monitor.Map.FSID)
}

// DecodeMonitorPing reads the front of a monitor's MPing: a string, u32 length and bytes, of JSON.
func DecodeMonitorPing(front []byte) (MonitorStatus, bool) {
	var s MonitorStatus
	text, ok := monitorPingText(front)
	if !ok || json.Unmarshal(text, &s) != nil || s.Monitor.State == "" {
		return MonitorStatus{}, false
	}
	return s, true
}

func monitorPingText(front []byte) ([]byte, bool) {
	if len(front) < 4 || uint64(binary.LittleEndian.Uint32(front)) != uint64(len(front)-4) {
		return nil, false
	}
	return front[4:], true
}
