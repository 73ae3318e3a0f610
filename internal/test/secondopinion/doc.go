// Command secondopinion compares what "simplemsgr decode" says of captures with what Wireshark's
// dissector for Ceph says, structure by structure and field by field. scripts/compare-tshark runs
// tshark and gives it the output.
//
// The dissector knows protocol v1 as it was years ago. Where it is known to be wrong a difference
// is excused by the name of the flaw; testdata/captures/README.md describes them. A flaw excuses
// nothing but what it explains, and only where a capture has what sets it off.
package main
