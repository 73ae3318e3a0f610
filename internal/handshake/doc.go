// Package handshake is what each side says and hears before a session is open, piece by piece, in
// each role: functions over bytes and values. When a piece is sent or read, and what is waited for
// meanwhile, is the engine's business; what is decided is package protocol's.
//
//	accepting side                                connecting side
//	[AppendServerBanner]  ── banner, own address, address of the socket ─▶  [DecodeBanner]
//	[DecodeBanner]        ◀─ banner, own address ─────────────────────────  [AppendClientBanner]
//	[DecodeConnect]       ◀─ connect, authorizer ─────────────────────────  [Client.AppendConnect]
//	[Server.Reply]        ── connect reply, authorizer reply ─────────────▶  [DecodeReply], [Client.React]
//
// The last two go on until the reply is READY or SEQ. After SEQ each side tells with 8 bytes what
// it has, the accepting side first.
package handshake
