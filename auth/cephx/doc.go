// Package cephx is Ceph's own method of authentication: a relative of Kerberos in which monitors
// hand out tickets, services open them, and both ends of a session share a key that signs its
// messages.
//
// # Who shares what
//
// Every principal ("client.admin", "osd.3") shares a long-lived CryptoKey with the monitors; a
// Keyring holds such keys. Every kind of service ("osd") shares a few RotatingSecrets with the
// monitors. A ticket for a service is a session key that comes twice: once sealed with the
// principal's key, and once, along with what the monitors know of the principal, in a TicketBlob
// that is sealed with the service's secret and means nothing to the principal.
//
// # Login
//
// A Login is the principal's side of the conversation with a monitor and ends in a TicketSet, which
// is an auth.Client. An Authority plays the monitors' part where there are none. Both are bytes in,
// bytes out:
//
//	InitialRequest →              ← ServerChallenge
//	Authenticate (0x0100) →       ← TicketReply for AUTH, and for other services at once
//	TicketRequest (0x0200) →      ← TicketReply for services, without the long-lived key
//	rotating keys (0x0400) →      ← RotatingSecrets, for daemons
//
// # Session
//
// A Server is an auth.Server: it opens the ticket in an Authorizer with a secret from its
// SecretSource, challenges the peer to prove that the Authorizer was made now, proves that it could
// open it, and signs messages from then on.
//
// # Encryption
//
// Everything is AES-128-CBC with a fixed initialization vector and PKCS#7 padding. What is to be
// recognized as rightly opened begins with a version byte and a magic number: that is what
// CryptoKey.Seal and CryptoKey.Open add and check. There is no authentication code, so damage in
// later blocks shows only if what they hold makes no sense any more. docs/auth.md says what the
// method protects and what it does not.
//
// # Secrets
//
// A CryptoKey never shows in formatted output, logs, JSON or errors, nor does anything that holds
// one; CryptoKey.Base64 and the encoders are the only ways to its bytes.
package cephx
