package main

// This file is given.

// A State is what a connection waits for, by the name that AsyncMessenger has for it.
type State string

// The states of a connection that was accepted.
const (
	Accepting                        State = "ACCEPTING"
	AcceptingWaitBannerAddr          State = "ACCEPTING_WAIT_BANNER_ADDR"
	AcceptingWaitConnectMsg          State = "ACCEPTING_WAIT_CONNECT_MSG"
	AcceptingWaitConnectMsgAuth      State = "ACCEPTING_WAIT_CONNECT_MSG_AUTH"
	AcceptingReady                   State = "ACCEPTING_READY"
	AcceptingWaitSeq                 State = "ACCEPTING_WAIT_SEQ"
	Open                             State = "OPEN"
	OpenKeepalive2                   State = "OPEN_KEEPALIVE2"
	OpenTagAck                       State = "OPEN_TAG_ACK"
	OpenMessageHeader                State = "OPEN_MESSAGE_HEADER"
	OpenMessageThrottleMessage       State = "OPEN_MESSAGE_THROTTLE_MESSAGE"
	OpenMessageThrottleBytes         State = "OPEN_MESSAGE_THROTTLE_BYTES"
	OpenMessageThrottleDispatchQueue State = "OPEN_MESSAGE_THROTTLE_DISPATCH_QUEUE"
	OpenMessageReadFront             State = "OPEN_MESSAGE_READ_FRONT"
	OpenMessageReadMiddle            State = "OPEN_MESSAGE_READ_MIDDLE"
	OpenMessageReadData              State = "OPEN_MESSAGE_READ_DATA"
	OpenMessageReadFooterAndDispatch State = "OPEN_MESSAGE_READ_FOOTER_AND_DISPATCH"
)
