package lab2

import (
	"embed"

	"simplemessenger/labs/grade"
)

//go:embed README.md hints.md all:_starter
var files embed.FS

// Sections that several steps are about.
const (
	sectionOpening = "protocol.md#opening-a-connection"
	sectionAnswer  = "negotiation.md#what-the-connecting-side-does-with-the-answer"
)

// Lab is the lab.
var Lab = grade.Lab{Number: 2, Name: "the handshake",
	Title: "Both sides of the opening of a connection, as machines without a socket",
	Files: files, Steps: []grade.Step{
		{Name: "codecs", Points: 5, Section: sectionOpening, Run: codecs},
		{Name: "client: banner", Points: 12, Section: "protocol.md#client_banner-145-bytes",
			Run: clientBanner},
		{Name: "client: strangers", Points: 8, Section: "protocol.md#client_banner-145-bytes",
			Run: strangers},
		{Name: "client: READY", Points: 12, Section: "protocol.md#connect_reply-26-bytes",
			Run: clientReady},
		{Name: "client: SEQ", Points: 8, Section: "protocol.md#the-exchange-after-seq",
			Run: clientSeq},
		{Name: "client: retries", Points: 12, Section: sectionAnswer, Run: retries},
		{Name: "client: refusals", Points: 5, Section: sectionAnswer, Run: refusals},
		{Name: "server: banner", Points: 10, Section: "protocol.md#server_banner-281-bytes",
			Run: serverBanner},
		{Name: "server: authorizers", Points: 6, Section: "protocol.md#reading-hostile-input",
			Run: authorizers},
		{Name: "server: replies", Points: 12, Section: "protocol.md#connect_reply-26-bytes",
			Run: serverReplies},
		{Name: "real handshakes", Points: 10, Section: "protocol.md#what-real-daemons-do",
			Run: real},
	}}
