package messages

import "encoding/binary"

// appendPaxos appends what stands first in every message to a service of the monitors.
//
//	offset size field
//	     0    8 version of the service's map: that the sender has, or, in an answer, that the request led to; clients send 0
//	     8    2 -1 (the session's monitor, in releases long gone)
//	    10    8 0
func appendPaxos(b []byte, version uint64) []byte {
	b = binary.LittleEndian.AppendUint64(b, version)
	b = append(b, 0xff, 0xff)
	return binary.LittleEndian.AppendUint64(b, 0)
}

func (r *frontReader) paxos() (version uint64) {
	version = r.u64("paxos version")
	r.u16("paxos session_mon")
	r.u64("paxos session_mon_tid")
	return version
}
