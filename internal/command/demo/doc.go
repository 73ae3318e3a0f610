// Package demo is a play in four acts for two messengers: negotiation, conversation, a cut in
// mid-stream, a restart. It counts what is sent and what arrives, so that the play is a test as
// well.
package demo
