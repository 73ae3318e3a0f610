package monitor

import (
	"encoding/binary"
	"encoding/json"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
)

func (mon *Monitor) command(m *simplemsgr.Message) {
	var request messages.MonCommand
	if request.Decode(m.Version, m.Front) != nil {
		return
	}
	ack := messages.MonCommandAck{Command: request.Command}
	var output []byte
	switch {
	case request.FSID != mon.config.MonMap().FSID && request.FSID != messages.UUID{}:
		// Without one, Ceph's client has overtaken the monmap that is on its way to it. Ceph's monitors refuse that.
		ack.Result, ack.Status = messages.EPERM, "wrong fsid"
	case mon.config.Command == nil || len(request.Command) != 1:
		ack.Result, ack.Status = messages.EINVAL, "command not known"
	default:
		output, ack.Status, ack.Result = mon.config.Command([]byte(request.Command[0]), m.Data)
	}
	reply(m, messages.TypeMonCommandAck, messages.MonCommandAckVersion, messages.MonCommandAckCompatVersion, ack.Append(nil), output)
}

// ping returns the front of the answer to MPing: a string of JSON.
func (mon *Monitor) ping() []byte {
	monMap := mon.config.MonMap()
	text, err := json.Marshal(map[string]any{
		"health": map[string]any{"status": "HEALTH_OK"},
		"mon_status": map[string]any{
			"name": mon.config.Name, "rank": monMap.Rank(mon.config.Name), "state": "leader",
			"monmap": map[string]any{"epoch": monMap.Epoch, "fsid": monMap.FSID},
		},
	})
	if err != nil {
		panic(err) // strings and numbers
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...)
}
