package cephx_test

import (
	"bytes"
	"testing"
)

// fuzz feeds one decoder, seeded with what Ceph wrote. What it takes must come back as it was once
// it has been encoded.
func fuzz(f *testing.F, structure string) {
	f.Helper()
	for _, seed := range seeds(f, structure) {
		f.Add(seed)
	}
	fuzzDecoder(f, codecs[structure])
}

// fuzzSealed is fuzz for what can be read with a key only: that of the first sample.
func fuzzSealed(f *testing.F, structure string) {
	f.Helper()
	for _, s := range samples(f) {
		if s.structure == structure {
			f.Add(s.encoded)
			fuzzDecoder(f, s.recode)
			return
		}
	}
	f.Fatalf("captures have no %s", structure)
}

func fuzzDecoder(f *testing.F, decode func([]byte) ([]byte, error)) {
	f.Helper()
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := decode(b)
		if err != nil {
			return
		}
		twice, err := decode(once)
		if err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v\n%x\n%x", err, b, once)
		}
		if !bytes.Equal(once, twice) {
			t.Fatalf("encoding is not stable:\n%x\n%x", once, twice)
		}
	})
}

func FuzzInitialRequest(f *testing.F)     { fuzz(f, "InitialRequest") }
func FuzzServerChallenge(f *testing.F)    { fuzz(f, "ServerChallenge") }
func FuzzRequestType(f *testing.F)        { fuzz(f, "RequestType") }
func FuzzReplyHeader(f *testing.F)        { fuzz(f, "ReplyHeader") }
func FuzzAuthenticate(f *testing.F)       { fuzz(f, "Authenticate") }
func FuzzTicketRequest(f *testing.F)      { fuzz(f, "TicketRequest") }
func FuzzTicketBlob(f *testing.F)         { fuzz(f, "TicketBlob") }
func FuzzServiceTicket(f *testing.F)      { fuzz(f, "ServiceTicket") }
func FuzzServiceTicketInfo(f *testing.F)  { fuzz(f, "ServiceTicketInfo") }
func FuzzAuthTicket(f *testing.F)         { fuzz(f, "AuthTicket") }
func FuzzRotatingSecrets(f *testing.F)    { fuzz(f, "RotatingSecrets") }
func FuzzAuthorizer(f *testing.F)         { fuzz(f, "Authorizer") }
func FuzzAuthorize(f *testing.F)          { fuzz(f, "Authorize") }
func FuzzAuthorizeChallenge(f *testing.F) { fuzz(f, "AuthorizeChallenge") }
func FuzzAuthorizeReply(f *testing.F)     { fuzz(f, "AuthorizeReply") }
func FuzzEntityName(f *testing.F)         { fuzz(f, "EntityName") }
func FuzzCryptoKey(f *testing.F)          { fuzz(f, "CryptoKey") }

func FuzzTicketReply(f *testing.F)       { fuzzSealed(f, "TicketReply") }
func FuzzAuthenticateReply(f *testing.F) { fuzzSealed(f, "AuthenticateReply") }
func FuzzSealedTicket(f *testing.F)      { fuzzSealed(f, "AuthenticateReply with sealed ticket") }
func FuzzRotatingReply(f *testing.F)     { fuzzSealed(f, "RotatingReply") }
