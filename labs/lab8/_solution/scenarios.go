package main

// Scenarios has for each bug, by number, a case that exposes it.
var Scenarios = map[int]string{
	1: `
case mine/same
about   A connect message with the connect_seq of an open session must not take it over.
rules   V1-ACCEPT-16
role    server
policy  lossless

@a open global_seq=100
@b dial
expect  greeting
send    greeting
send    connect connect_seq=1 global_seq=101
expect  reply tag=RETRY_SESSION connect_seq=2
`,
	2: `
case mine/unknown
about   A peer goes on with a session that the server does not have.
rules   V1-ACCEPT-6
role    server
policy  lossless

dial
expect  greeting
send    greeting
send    connect connect_seq=7
expect  reply tag=RESETSESSION
`,
	3: `
case mine/restart
about   A peer that was restarted begins its numbers anew, and its messages are taken.
rules   V1-ACCEPT-13
role    server
policy  lossless

open    global_seq=100
send    msg
expect  msg
close
forget
open    connect_seq=0 global_seq=200
send    msg seq=1 tid=5
send    keepalive2 sec=9
expect  msg tid=5 skip=housekeeping
`,
	4: `
case mine/order
about   Three answers that the peer does not have come again in their order.
rules   V1-SEQEX-5
role    server
policy  lossless

open
repeat  3
send    msg
end
repeat  3
expect  msg
end
close
open    in_seq=0
repeat  3
expect  msg seq=$i+1
end
`,
	5: `
case mine/duplicates
about   What the peer says it has is not sent again.
rules   V1-SEQEX-4
role    server
policy  lossless

open
send    msg
expect  msg seq=1
close
open    in_seq=1
send    keepalive2 sec=9
expect  keepalive2_ack skip=housekeeping
expect  silence 200ms
`,
	6: `
case mine/wide
about   A number above 32 bits is acked as it is.
rules   V1-ACK-1
role    server
policy  lossless

open
send    msg seq=0x100000007
expect  ack seq=0x100000007
`,
	7: `
case mine/stamps
about   Each keepalive is answered with its own stamp.
rules   V1-KEEPALIVE-2
role    server
policy  lossless

open
send    keepalive2 sec=5
expect  keepalive2_ack sec=5
send    keepalive2 sec=6
expect  keepalive2_ack sec=6
`,
	8: `
case mine/next
about   The next message behind a fault has the next number.
rules   V1-SEQ-7
role    server
policy  lossless

open
send    msg
expect  msg seq=1
send    ack seq=1
send    keepalive2 sec=5
expect  keepalive2_ack
close
open    in_seq=1
send    msg
expect  msg seq=2
`,
}
