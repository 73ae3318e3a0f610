// Package report tells what a run of the conformance kit has shown: as text for a terminal, as
// JSON, as JUnit for a build server, as a page for a browser, and each conversation as a capture
// that Wireshark and `simplemsgr decode` open.
package report
