package protocol

// Stage is what one goroutine of a pipe is doing or waiting for at this moment. Ceph's later,
// asynchronous messenger has a state for each of these; here each is a line of straight code, and
// the stage is its name.
type Stage uint8

// The stages.
const (
	StageNone Stage = iota // the goroutine does not run

	// Accepting side of the handshake.
	StageAcceptSendBanner
	StageAcceptReadBanner
	StageAcceptReadConnect
	StageAcceptReadAuthorizer
	StageAcceptVerifyAuthorizer
	// until the reader of the pipe to be replaced has left its fast dispatch
	StageAcceptWaitDispatch
	StageAcceptDecide
	StageAcceptSendReply
	StageAcceptSendSeq
	StageAcceptReadSeq

	// Connecting side of the handshake, in the writer.
	StageConnectDial
	StageConnectReadBanner
	StageConnectSendBanner
	StageConnectSendConnect
	StageConnectReadReply
	StageConnectReadAuthorizer
	StageConnectReadSeq
	StageConnectSendSeq
	StageConnectOpen

	// Reader.
	StageReadTag
	StageReadHeader
	StageThrottleQueues // until out queue and dispatch queue have room
	StageThrottleMessages
	StageThrottleBytes
	StageThrottleDispatch
	StageReadFront
	StageReadMiddle
	StageReadData
	StageReadFooter
	StageCheckMessage
	StageDispatch
	StageReadAck
	StageReadKeepalive
	StageReadUntilEOF // after CLOSE

	// Writer.
	StageWriterWait
	StageWriterBackoff
	StageWriterStandby
	StageWriterSentLimit
	StageWriteFrames
	StageWriteClose
)

var stageNames = [...]string{
	StageNone:             "none",
	StageAcceptSendBanner: "accept: send banner", StageAcceptReadBanner: "accept: read banner",
	StageAcceptReadConnect:      "accept: read connect",
	StageAcceptReadAuthorizer:   "accept: read authorizer",
	StageAcceptVerifyAuthorizer: "accept: verify authorizer",
	StageAcceptWaitDispatch:     "accept: wait for dispatch",
	StageAcceptDecide:           "accept: decide", StageAcceptSendReply: "accept: send reply",
	StageAcceptSendSeq: "accept: send seq", StageAcceptReadSeq: "accept: read seq",
	StageConnectDial: "connect: dial", StageConnectReadBanner: "connect: read banner",
	StageConnectSendBanner:     "connect: send banner",
	StageConnectSendConnect:    "connect: send connect",
	StageConnectReadReply:      "connect: read reply",
	StageConnectReadAuthorizer: "connect: read authorizer reply",
	StageConnectReadSeq:        "connect: read seq", StageConnectSendSeq: "connect: send seq",
	StageConnectOpen: "connect: open",
	StageReadTag:     "read tag", StageReadHeader: "read header",
	StageThrottleQueues: "throttle: queues", StageThrottleMessages: "throttle: messages",
	StageThrottleBytes: "throttle: bytes", StageThrottleDispatch: "throttle: dispatch",
	StageReadFront:  "read front",
	StageReadMiddle: "read middle", StageReadData: "read data", StageReadFooter: "read footer",
	StageCheckMessage: "check message", StageDispatch: "dispatch", StageReadAck: "read ack",
	StageReadKeepalive: "read keepalive", StageReadUntilEOF: "read until end",
	StageWriterWait: "wait for work", StageWriterBackoff: "back off", StageWriterStandby: "standby",
	StageWriterSentLimit: "wait for acks", StageWriteFrames: "write frames",
	StageWriteClose: "write close",
}

// Stages returns all stages that a goroutine can be in, in the order of the protocol.
func Stages() []Stage {
	all := make([]Stage, 0, len(stageNames)-1)
	for s := range stageNames {
		if Stage(s) != StageNone {
			all = append(all, Stage(s))
		}
	}
	return all
}

// Connects reports whether the stage belongs to the connecting side of a handshake.
func (s Stage) Connects() bool { return s >= StageConnectDial && s <= StageConnectOpen }

// String returns the stage in words, as errors and dumps show it.
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return "unknown"
}

// HoldsUp reports whether a reader at the stage waits for this side: what the peer has sent lies
// unread, so its silence says nothing.
func (s Stage) HoldsUp() bool {
	switch s {
	case StageThrottleQueues, StageThrottleMessages, StageThrottleBytes, StageThrottleDispatch,
		StageDispatch:
		return true
	default:
		return false
	}
}
