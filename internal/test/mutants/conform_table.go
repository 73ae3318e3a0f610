package main

// A wireBug is a mutant that is visible on the wire.
type wireBug struct {
	mutant string // by name
	rule   string // that a failing case must cite
	runs   []string
}

// Runs of the kit by name: role and policy of the target, and its engine unless it is the usual one.
var (
	lossyServer    = []string{"server lossy"}
	statefulServer = []string{"server stateful"}
	equalServer    = []string{"server equal"}
	lossyCaller    = []string{"client lossy"}
	losslessCaller = []string{"client lossless"}
	equals         = []string{"peer"}

	asyncServer = []string{"server stateful, async"}
	asyncCaller = []string{"client lossless, async"}
)

// wireBugs are those of which the kit must tell.
var wireBugs = []wireBug{
	// Greetings.
	{"banner of another version", "V1-BANNER-2", statefulServer},
	{"peer_addr has a nonce", "V1-BANNER-10", lossyServer},
	{"server waits for the client's banner", "V1-BANNER-6", statefulServer},
	{"connect before the banner was read", "V1-BANNER-9", losslessCaller},
	{"any banner is taken", "V1-BANNER-12", asyncCaller},
	{"port of the socket", "V1-BANNER-17", statefulServer},
	{"port in host order", "V1-BANNER-10", statefulServer},
	{"family in the machine's order", "V1-ADDR-1", losslessCaller},
	{"any peer will do", "V1-BANNER-13", lossyCaller},
	{"blank answers to any nonce", "V1-BANNER-13", losslessCaller},

	// Answers to connect messages.
	{"BADPROTOVER without the version", "V1-ACCEPT-1", statefulServer},
	{"protocol_version is not looked at", "V1-ACCEPT-1", lossyServer},
	{"versions of all peers are those of clients", "V1-VERSION-3", statefulServer},
	{"READY with what is agreed", "V1-REPLY-4", statefulServer},
	{"LOSSY as the client wishes", "V1-REPLY-6", statefulServer},
	{"global_seq of an opening does not count", "V1-REPLY-8", asyncServer},
	{"reply with the client's connect_seq", "V1-REPLY-9", statefulServer},
	{"unknown session is opened", "V1-ACCEPT-6", lossyServer},
	{"stale global_seq taken", "V1-ACCEPT-10", statefulServer},
	{"RETRY_GLOBAL with the peer's number", "V1-ACCEPT-10", asyncServer},
	{"the last connect_seq is opened", "V1-ACCEPT-11", statefulServer},
	{"restarted peer keeps its in_seq", "V1-ACCEPT-13", equalServer},
	{"stale connect_seq goes on", "V1-ACCEPT-14", statefulServer},
	{"RETRY_SESSION with our number", "V1-ACCEPT-16", statefulServer},
	{"READY instead of SEQ", "V1-ACCEPT-21", statefulServer},
	{"SEQ to who does not know it", "V1-FEATURE-4", statefulServer},
	{"number behind READY", "V1-SEQEX-8", statefulServer},
	{"frames before the client's number", "V1-SEQEX-3", statefulServer},
	{"SEQ tells one too few", "V1-SEQEX-1", statefulServer},
	{"the old socket stays open at a takeover", "V1-OPEN-3", statefulServer},

	// Connect messages, and what is done with answers.
	{"host_type of a client", "V1-CONNECT-2", losslessCaller},
	{"a bit that means nothing", "V1-CONNECT-7", lossyCaller},
	{"connect_seq is not counted", "V1-CONNECT-5", losslessCaller},
	{"frames before READY", "V1-CONNECT-11", losslessCaller},
	{"authorizer reply is not read", "V1-REPLY-2", losslessCaller},
	{"lossy as the client wishes", "V1-REPLY-7", lossyCaller},
	{"any connect_seq in READY", "V1-REACT-12", losslessCaller},
	{"RESETSESSION keeps connect_seq", "V1-REACT-3", losslessCaller},
	{"RETRY_SESSION is counted on", "V1-REACT-4", asyncCaller},
	{"RETRY_GLOBAL is not heard", "V1-REACT-5", losslessCaller},
	{"global_seq below the peer's", "V1-REACT-5", lossyCaller},
	{"WAIT is not obeyed", "V1-REACT-6", equals},
	{"FEATURES is tried again", "V1-REACT-9", lossyCaller},
	{"client tells its number first", "V1-SEQEX-2", losslessCaller},
	{"reset keeps in_seq", "V1-REACT-3", losslessCaller},
	{"first seq is never random", "V1-SEQ-3", losslessCaller},

	// Faults and races.
	{"lossy pipe reconnects", "V1-FAULT-1", lossyCaller},
	{"back-off does not double", "V1-FAULT-8", losslessCaller},
	{"addresses compared the wrong way", "V1-ACCEPT-17", equals},
	{"peer that waits is forgotten", "V1-RACE-3", equals},

	// Numbers and acks.
	{"duplicates are delivered", "V1-SEQ-4", statefulServer},
	{"gaps are dropped", "V1-SEQ-6", statefulServer},
	{"half a seq", "V1-SEQ-6", statefulServer},
	{"duplicates are not acked", "V1-SEQ-9", statefulServer},
	{"acks lag behind", "V1-ACK-2", equalServer},
	{"ack one too many", "V1-ACK-7", losslessCaller},
	{"requeue drops what was sent", "V1-OPEN-4", statefulServer},
	{"requeue keeps the numbers", "V1-SEQ-2", losslessCaller},

	// Frames.
	{"usual crc32c", "V1-CRC-1", statefulServer},
	{"header checksum not checked", "V1-CRC-8", statefulServer},
	{"front checksum not checked", "V1-CRC-5", lossyServer},
	{"middle checksum not checked", "V1-CRC-5", losslessCaller},
	{"data checksum not checked", "V1-CRC-5", asyncServer},
	{"NOCRC is not looked at", "V1-CRC-6", statefulServer},
	{"incomplete messages are taken", "V1-FOOTER-4", statefulServer},
	{"messages without COMPLETE", "V1-FOOTER-3", statefulServer},
	{"footer by another feature", "V1-FOOTER-2", statefulServer},
	{"flags before the signature", "V1-FOOTER-3", losslessCaller},
	{"size limit in 32 bits", "V1-MSG-8", statefulServer},
	{"priority of all messages", "V1-PRIO-3", statefulServer},
	{"messages of nobody", "V1-MSG-4", losslessCaller},
	{"bytes in reserved", "V1-MSG-3", lossyServer},
	{"unknown tag is skipped", "V1-TAG-3", statefulServer},
	{"unknown tag is skipped, async", "V1-TAG-3", asyncServer},
	{"CLOSE is skipped", "V1-CLOSE-2", statefulServer},
	{"KEEPALIVE2 is not answered", "V1-KEEPALIVE-2", lossyServer},
	{"keepalive ack with an old stamp", "V1-KEEPALIVE-2", losslessCaller},
	{"KEEPALIVE is answered", "V1-KEEPALIVE-4", statefulServer},
	{"KEEPALIVE2 to who does not know it", "V1-FEATURE-5", equals},

	// Those that probing meets: what it cannot find is required.
	{"requeue reverses", "V1-SEQEX-5", losslessCaller},
	{"discard one too few", "V1-SEQEX-5", losslessCaller},
	{"a tid of our own", "V1-MSG-6", lossyServer},
}
