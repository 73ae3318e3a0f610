// Package report tells what a run of the conformance kit has shown: as text for a terminal, as
// JSON, as JUnit for a build server, as a page for a browser, and each conversation as a capture
// that Wireshark and `simplemsgr decode` open.
//
// What the messenger under test says, prints and is called is never taken for anything but text:
// control characters are shown as escapes on a terminal and in JUnit, and nothing becomes markup of
// a page. However much it said, what is written of one case is bounded; what is left out is
// counted. The capture alone has everything that was recorded.
package report
