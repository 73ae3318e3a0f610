package cephx_test

import (
	"bytes"
	"testing"
)

// fuzz feeds one decoder, seeded with what Ceph wrote. What it takes must come back as it was once it has been encoded.
func fuzz(f *testing.F, structure string) {
	f.Helper()
	for _, seed := range seeds(f, structure) {
		f.Add(seed)
	}
	decode := codecs[structure]
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
