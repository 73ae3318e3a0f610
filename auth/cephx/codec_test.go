package cephx_test

import (
	"bytes"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

// prefixed are the structures that end where they end, not where their input does.
var prefixed = []string{"RequestType", "ReplyHeader", "EntityName", "CryptoKey"}

// TestRecode decodes and encodes what Ceph wrote, and wants the same bytes.
func TestRecode(t *testing.T) {
	count := map[string]int{}
	for _, s := range samples(t) {
		count[s.structure]++
		got, err := s.recode(s.encoded)
		if err != nil {
			t.Errorf("%s %x: %v", s.structure, s.encoded, err)
		} else if !bytes.Equal(got, s.encoded) {
			t.Errorf("%s (-want +got):\n%s", s.structure, cmp.Diff(s.encoded, got))
		}
	}
	for _, structure := range []string{"AuthenticateReply", "AuthenticateReply with sealed ticket",
		"TicketReply", "RotatingReply"} {
		if count[structure] == 0 {
			t.Errorf("captures have no %s", structure)
		}
	}
}

// TestDecodeDamaged cuts, stretches and flips what Ceph wrote, at every length and every bit.
// Decoders refuse it or make sense of it, but never panic.
func TestDecodeDamaged(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range samples(t) {
		if seen[s.structure] {
			continue // one of each kind will do
		}
		seen[s.structure] = true
		for n := range s.encoded {
			if _, err := s.recode(s.encoded[:n:n]); err == nil {
				// An AuthenticateReply may end before what newer monitors append.
				if s.structure == "AuthenticateReply" ||
					s.structure == "AuthenticateReply with sealed ticket" {
					continue
				}
				t.Errorf("%s: the first %d bytes of %d are taken", s.structure, n, len(s.encoded))
			} else if !errors.Is(err, wire.ErrShort) && !errors.Is(err, cephx.ErrWrongKey) {
				t.Errorf("%s: cut off at %d: %v", s.structure, n, err)
			}
		}
		if _, err := s.recode(append(bytes.Clone(s.encoded), 0)); err == nil &&
			!slices.Contains(prefixed, s.structure) && s.structure != "AuthenticateReply" &&
			s.structure != "AuthenticateReply with sealed ticket" {
			t.Errorf("%s: a byte too many is taken", s.structure)
		}
		for i := range 8 * len(s.encoded) {
			damaged := bytes.Clone(s.encoded)
			damaged[i/8] ^= 1 << (i % 8)
			_, _ = s.recode(damaged)
		}
	}
}

// TestDecodeHugeCounts makes sure that a claimed length is not believed.
func TestDecodeHugeCounts(t *testing.T) {
	key, err := cephx.GenerateKey(nil, epoch)
	if err != nil {
		t.Fatal(err)
	}
	for name, decode := range map[string]func(){
		"InitialRequest": func() {
			_, _ = codecs["InitialRequest"]([]byte{1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
		},
		"EntityName": func() {
			_, _ = codecs["EntityName"]([]byte{1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
		},
		"TicketBlob": func() {
			_, _ = codecs["TicketBlob"](append(make([]byte, 9), 0xff, 0xff, 0xff, 0xff))
		},
		"RotatingSecrets": func() {
			_, _ = codecs["RotatingSecrets"]([]byte{1, 0xff, 0xff, 0xff, 0xff, 1})
		},
		"TicketReply": func() {
			_, _ = cephx.DecodeTicketReply([]byte{1, 0xff, 0xff, 0xff, 0xff, 1}, key,
				cephx.CryptoKey{})
		},
		"RotatingReply": func() {
			_, _ = cephx.DecodeRotatingReply([]byte{0xff, 0xff, 0xff, 0xff, 1}, key)
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		decode()
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<10 {
			t.Errorf("%s: %d bytes allocated", name, grown)
		}
	}
}

func TestDecodeOldVersions(t *testing.T) {
	authenticate, err := cephx.DecodeAuthenticate(append(append([]byte{1}, make([]byte, 16)...),
		cephx.TicketBlob{}.Append(nil)...))
	if err != nil || authenticate.OtherKeys != 0 {
		t.Errorf("Authenticate version 1: %+v, %v", authenticate, err)
	}
	authorize, err := cephx.DecodeAuthorize([]byte{1, 7, 0, 0, 0, 0, 0, 0, 0})
	if err != nil || authorize != (cephx.Authorize{Nonce: 7}) {
		t.Errorf("Authorize version 1: %+v, %v", authorize, err)
	}
	reply, err := cephx.DecodeAuthorizeReply([]byte{2, 7, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3})
	if err != nil || reply.NoncePlusOne != 7 {
		t.Errorf("AuthorizeReply version 2: %+v, %v", reply, err)
	}
	for name, decode := range codecs {
		if slices.Contains(prefixed, name) && name != "CryptoKey" {
			continue
		}
		for _, version := range []byte{0, 9} {
			if _, err := decode(append([]byte{version}, make([]byte, 200)...)); err == nil {
				t.Errorf("%s: version %d is taken", name, version)
			}
		}
	}
}

func TestDecodeAuthTicketRefuses(t *testing.T) {
	good := cephx.AuthTicket{Name: name(t, "client.x"), Created: epoch, Expires: epoch}
	if _, err := cephx.DecodeAuthTicket(good.Append(nil)); err != nil {
		t.Error(err)
	}
	early := good
	early.Expires = epoch.Add(-1)
	if _, err := cephx.DecodeAuthTicket(early.Append(nil)); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("expires before it was created: %v", err)
	}
	uid := good.Append(nil)
	uid[1+4+4+1+8] ^= 1
	if _, err := cephx.DecodeAuthTicket(uid); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("auth uid in version 2: %v", err)
	}
	uid[0] = 1
	if _, err := cephx.DecodeAuthTicket(uid); err != nil {
		t.Errorf("auth uid in version 1: %v", err)
	}
}

func TestDecodeTicketReplyRefuses(t *testing.T) {
	key := testKey(t, 1)
	for _, service := range []wire.EntityType{0, wire.EntityOSD | wire.EntityMon} {
		b := cephx.TicketReply{{Service: service,
			ServiceTicket: cephx.ServiceTicket{SessionKey: key}}}.Append(nil, key,
			cephx.CryptoKey{})
		if _, err := cephx.DecodeTicketReply(b, key,
			cephx.CryptoKey{}); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("ticket for services %#x: %v", service, err)
		}
	}
}
