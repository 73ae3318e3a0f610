package montest

import (
	"encoding/binary"
	"encoding/json"

	"simplemessenger/messages"
	"simplemessenger/request"
	"simplemessenger/simplemsgr"
)

func (mon *Monitor) command(m *simplemsgr.Message) {
	var asked messages.MonCommand
	if request.Decode(m, &asked) != nil {
		return
	}
	ack := messages.MonCommandAck{Command: asked.Command}
	var output []byte
	switch {
	case asked.FSID != mon.config.MonMap().FSID && asked.FSID != messages.UUID{}:
		// Without one, Ceph's client has overtaken the monmap that is on its way to it. Ceph's
		// monitors refuse that.
		ack.Result, ack.Status = messages.EPERM, "wrong fsid"
	case mon.config.Command == nil || len(asked.Command) != 1:
		ack.Result, ack.Status = messages.EINVAL, "command not known"
	default:
		output, ack.Status, ack.Result = mon.config.Command([]byte(asked.Command[0]), m.Data)
	}
	answer := request.Encode(&ack)
	answer.Data = output
	reply(m, answer)
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
