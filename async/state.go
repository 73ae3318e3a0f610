package async

import "simplemessenger/protocol"

// State is where a connection of this engine stands, by the name that Ceph's AsyncMessenger has for
// it. The blocking engine has a stage for each: a line of straight code.
type State uint8

// The states.
const (
	None State = iota
	Accepting
	AcceptingWaitBannerAddr
	AcceptingWaitConnectMsg
	AcceptingWaitConnectMsgAuth
	AcceptingWaitSeq
	AcceptingReady
	Connecting
	ConnectingWaitBannerAndIdentify
	ConnectingSendConnectMsg
	ConnectingWaitConnectReply
	ConnectingWaitConnectReplyAuth
	ConnectingWaitAckSeq
	ConnectingReady
	Open
	OpenKeepalive2
	OpenKeepalive2Ack
	OpenTagAck
	OpenMessageHeader
	OpenMessageThrottleMessage
	OpenMessageThrottleBytes
	OpenMessageThrottleDispatchQueue
	OpenMessageReadFront
	OpenMessageReadMiddle
	OpenMessageReadDataPrepare
	OpenMessageReadData
	OpenMessageReadFooterAndDispatch
	OpenTagClose
	Standby
	Wait
)

// stateNames are Ceph's.
var stateNames = [...]string{
	None:                             "NONE",
	Accepting:                        "ACCEPTING",
	AcceptingWaitBannerAddr:          "ACCEPTING_WAIT_BANNER_ADDR",
	AcceptingWaitConnectMsg:          "ACCEPTING_WAIT_CONNECT_MSG",
	AcceptingWaitConnectMsgAuth:      "ACCEPTING_WAIT_CONNECT_MSG_AUTH",
	AcceptingWaitSeq:                 "ACCEPTING_WAIT_SEQ",
	AcceptingReady:                   "ACCEPTING_READY",
	Connecting:                       "CONNECTING",
	ConnectingWaitBannerAndIdentify:  "CONNECTING_WAIT_BANNER_AND_IDENTIFY",
	ConnectingSendConnectMsg:         "CONNECTING_SEND_CONNECT_MSG",
	ConnectingWaitConnectReply:       "CONNECTING_WAIT_CONNECT_REPLY",
	ConnectingWaitConnectReplyAuth:   "CONNECTING_WAIT_CONNECT_REPLY_AUTH",
	ConnectingWaitAckSeq:             "CONNECTING_WAIT_ACK_SEQ",
	ConnectingReady:                  "CONNECTING_READY",
	Open:                             "OPEN",
	OpenKeepalive2:                   "OPEN_KEEPALIVE2",
	OpenKeepalive2Ack:                "OPEN_KEEPALIVE2_ACK",
	OpenTagAck:                       "OPEN_TAG_ACK",
	OpenMessageHeader:                "OPEN_MESSAGE_HEADER",
	OpenMessageThrottleMessage:       "OPEN_MESSAGE_THROTTLE_MESSAGE",
	OpenMessageThrottleBytes:         "OPEN_MESSAGE_THROTTLE_BYTES",
	OpenMessageThrottleDispatchQueue: "OPEN_MESSAGE_THROTTLE_DISPATCH_QUEUE",
	OpenMessageReadFront:             "OPEN_MESSAGE_READ_FRONT",
	OpenMessageReadMiddle:            "OPEN_MESSAGE_READ_MIDDLE",
	OpenMessageReadDataPrepare:       "OPEN_MESSAGE_READ_DATA_PREPARE",
	OpenMessageReadData:              "OPEN_MESSAGE_READ_DATA",
	OpenMessageReadFooterAndDispatch: "OPEN_MESSAGE_READ_FOOTER_AND_DISPATCH",
	OpenTagClose:                     "OPEN_TAG_CLOSE",
	Standby:                          "STANDBY",
	Wait:                             "WAIT",
}

// String returns the name.
func (s State) String() string { return stateNames[s] }

// stateOf has for each stage the state of Ceph's that is in it. The writer's stages have none:
// there a connection writes in whatever state it reads.
var stateOf = [...]State{
	protocol.StageAcceptSendBanner:       Accepting,
	protocol.StageAcceptReadBanner:       AcceptingWaitBannerAddr,
	protocol.StageAcceptReadConnect:      AcceptingWaitConnectMsg,
	protocol.StageAcceptReadAuthorizer:   AcceptingWaitConnectMsgAuth,
	protocol.StageAcceptVerifyAuthorizer: AcceptingWaitConnectMsgAuth,
	protocol.StageAcceptWaitDispatch:     AcceptingWaitConnectMsgAuth,
	protocol.StageAcceptDecide:           AcceptingWaitConnectMsgAuth,
	protocol.StageAcceptSendReply:        AcceptingReady,
	protocol.StageAcceptSendSeq:          AcceptingReady,
	protocol.StageAcceptReadSeq:          AcceptingWaitSeq,
	protocol.StageConnectDial:            Connecting,
	protocol.StageConnectReadBanner:      ConnectingWaitBannerAndIdentify,
	protocol.StageConnectSendBanner:      ConnectingWaitBannerAndIdentify,
	protocol.StageConnectSendConnect:     ConnectingSendConnectMsg,
	protocol.StageConnectReadReply:       ConnectingWaitConnectReply,
	protocol.StageConnectReadAuthorizer:  ConnectingWaitConnectReplyAuth,
	protocol.StageConnectReadSeq:         ConnectingWaitAckSeq,
	protocol.StageConnectSendSeq:         ConnectingReady,
	protocol.StageConnectOpen:            ConnectingReady,
	protocol.StageReadTag:                Open,
	protocol.StageReadHeader:             OpenMessageHeader,
	protocol.StageThrottleQueues:         OpenMessageHeader,
	protocol.StageThrottleMessages:       OpenMessageThrottleMessage,
	protocol.StageThrottleBytes:          OpenMessageThrottleBytes,
	protocol.StageThrottleDispatch:       OpenMessageThrottleDispatchQueue,
	protocol.StageReadFront:              OpenMessageReadFront,
	protocol.StageReadMiddle:             OpenMessageReadMiddle,
	protocol.StageReadData:               OpenMessageReadData,
	protocol.StageReadFooter:             OpenMessageReadFooterAndDispatch,
	protocol.StageCheckMessage:           OpenMessageReadFooterAndDispatch,
	protocol.StageDispatch:               OpenMessageReadFooterAndDispatch,
	protocol.StageReadAck:                OpenTagAck,
	protocol.StageReadKeepalive:          OpenKeepalive2,
	protocol.StageReadUntilEOF:           OpenTagClose,
	protocol.StageWriterStandby:          Standby,
	protocol.StageWriteClose:             None, // the last
}

// StateOf returns where a connection stands whose reader and writer are at those stages. The
// reader's state is the one that counts, where it has one.
func StateOf(reader, writer protocol.Stage) State {
	if s := stateOf[reader]; s != None {
		return s
	}
	return stateOf[writer]
}
