// Package bench measures the messenger: what simplemsgr bench does.
//
// # What is measured
//
// The load is that of Ceph's own ceph_perf_msgr_client and ceph_perf_msgr_server: jobs, each a
// messenger with one connection, keep a fixed number of MOSDOp in flight; the server answers each
// with an MOSDOpReply without data. The number in flight is exact: a request is sent when the job
// begins and whenever a reply came, never else. Each reply is waited for, and each request and
// reply is decoded and its length checked, at both ends.
//
// A run has a warm-up and a window, with everything answered in between. The window's time ends
// with its last reply. CPU time is that of the whole process at each end, over the window alone,
// read by the process itself.
//
// # What it is compared with
//
// Absolute figures say little on shared machines. The yardstick is the bare loop (RunBare): one
// write for each request, one buffered read, the same number of bytes, and no protocol. Compare
// runs both in turn and gives the ratio pair by pair.
//
// # Processes
//
// A server that is measured runs in a process of its own, which is this program again (RunChild):
// its standard input and output are the line on which it is asked for its usage. It ends when that
// line breaks.
package bench
