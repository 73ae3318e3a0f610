// Package lab1 is the lab "bytes": structures to bytes and back, as they are on the wire.
package lab1

import (
	"embed"

	"simplemessenger/labs/grade"
)

//go:embed README.md hints.md all:_starter
var files embed.FS

// Lab is the lab.
var Lab = grade.Lab{Number: 1, Name: "bytes", Title: "Encode and decode what is on the wire",
	Files: files, Steps: []grade.Step{
		{Name: "entity_name", Points: 8, Section: "protocol.md#entity_name-9-bytes", Run: names},
		{Name: "entity_addr, IPv4", Points: 10,
			Section: "protocol.md#entity_addr-ipv4-136-bytes", Run: addrs(false)},
		{Name: "entity_addr, IPv6", Points: 6,
			Section: "protocol.md#entity_addr-ipv6-136-bytes", Run: addrs(true)},
		{Name: "banners", Points: 10, Section: "protocol.md#opening-a-connection", Run: banners},
		{Name: "connect", Points: 8, Section: "protocol.md#connect-33-bytes", Run: connects},
		{Name: "connect_reply", Points: 8, Section: "protocol.md#connect_reply-26-bytes",
			Run: replies},
		{Name: "checksum", Points: 10, Section: "protocol.md#checksums", Run: checksums},
		{Name: "message_header", Points: 10, Section: "protocol.md#message_header-53-bytes",
			Run: headers},
		{Name: "footers", Points: 8, Section: "protocol.md#message_footer_old-13-bytes",
			Run: footers},
		{Name: "frames", Points: 6, Section: "protocol.md#the-open-session", Run: frames},
		{Name: "messages", Points: 8, Section: "protocol.md#messages", Run: messages},
		{Name: "hostile input", Points: 8, Section: "protocol.md#reading-hostile-input",
			Run: hostile},
	}}
