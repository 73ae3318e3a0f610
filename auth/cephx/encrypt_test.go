package cephx_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

func testKey(t testing.TB, fill byte) cephx.CryptoKey {
	t.Helper()
	k, err := cephx.NewCryptoKey(bytes.Repeat([]byte{fill}, cephx.KeySize), epoch)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// opensslVectors are encrypted with the key 00 01 02 ... 0f.
var opensslVectors = []struct{ plain, encrypted string }{
	{"", "7ee5cf4e557c533d502404fc3b64d7e9"},
	{"0123456789abcdef", "3a2d46b1f27126de53b251d2f6bc5e0c9131eb3e8a76aa20f20507c60db67110"},
	{"The quick brown fox jumps",
		"58783190edde41b58ca142f200eceba05750b0e06236744371d00b1360d63213"},
}

// TestEncryptVector pins the cipher to vectors made with OpenSSL:
//
//	printf ... | openssl enc -aes-128-cbc -K 000102... -iv 63657068736167657975646167726567
func TestEncryptVector(t *testing.T) {
	key, err := cephx.NewCryptoKey(fromHex(t, "000102030405060708090a0b0c0d0e0f"), epoch)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range opensslVectors {
		if got := hex.EncodeToString(key.Encrypt([]byte(v.plain))); got != v.encrypted {
			t.Errorf("Encrypt(%q) = %s, want %s", v.plain, got, v.encrypted)
		}
		if got, err := key.Decrypt(fromHex(t, v.encrypted)); err != nil || string(got) != v.plain {
			t.Errorf("Decrypt(%s) = %q, %v", v.encrypted, got, err)
		}
	}
}

func TestEncryptRoundTrip(t *testing.T) {
	key := testKey(t, 7)
	for n := range 50 {
		plain := bytes.Repeat([]byte{byte(n)}, n)
		sealed := key.Encrypt(plain)
		if len(sealed)%16 != 0 || len(sealed) <= n || len(sealed) > n+16 {
			t.Errorf("%d bytes become %d", n, len(sealed))
		}
		if got, err := key.Decrypt(sealed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %x, %v", n, got, err)
		}
		if got, err := key.Open(key.Seal(plain)); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes sealed: %x, %v", n, got, err)
		}
	}
}

func TestDecryptRefuses(t *testing.T) {
	key := testKey(t, 7)
	sealed := key.Seal([]byte("a secret of more than one block"))
	if _, err := testKey(t, 8).Open(sealed); !errors.Is(err, cephx.ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	if _, err := key.Open(key.Encrypt([]byte(
		"something without the magic number"))); !errors.Is(err, cephx.ErrWrongKey) {
		t.Errorf("no magic: %v", err)
	}
	plain, err := key.Decrypt(sealed)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		other := bytes.Clone(plain)
		other[i] ^= 1
		if _, err := key.Open(key.Encrypt(other)); !errors.Is(err, cephx.ErrWrongKey) {
			t.Errorf("byte %d of version and magic changed: %v", i, err)
		}
	}
	for n := range sealed {
		if _, err := key.Open(sealed[:n]); !errors.Is(err, cephx.ErrWrongKey) {
			t.Errorf("first %d bytes: %v", n, err)
		}
	}
	// Every padding that PKCS#7 does not know.
	for last := range 256 {
		block := bytes.Repeat([]byte{byte(last)}, 16)
		_, err := key.Decrypt(encryptBlock(t, key, block))
		if good := 1 <= last && last <= 16; good != (err == nil) {
			t.Errorf("padding of %d: %v", last, err)
		}
		if 2 <= last && last <= 16 {
			block[16-last] ^= 1
			if _, err := key.Decrypt(encryptBlock(t, key, block)); err == nil {
				t.Errorf("padding of %d with a wrong first byte is taken", last)
			}
		}
	}
}

// encryptBlock encrypts 16 bytes without padding.
func encryptBlock(t testing.TB, key cephx.CryptoKey, block []byte) []byte {
	t.Helper()
	return key.Encrypt(block)[:16]
}

func TestZeroKeyPanics(t *testing.T) {
	defer func() {
		if s, ok := recover().(string); !ok || !strings.Contains(s, "CryptoKey that is none") {
			t.Errorf("panic with %v", s)
		}
	}()
	cephx.CryptoKey{}.Seal(nil)
}

func TestParseCryptoKey(t *testing.T) {
	const text = "AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig=="
	k, err := cephx.ParseCryptoKey(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Base64(); got != text {
		t.Errorf("Base64() = %q, want %q", got, text)
	}
	if got := hex.EncodeToString(secretOf(k)); got != "a3193a78906b995649af14ff93105a8a" {
		t.Errorf("secret %s", got)
	}
	if got, want := k.Created().Unix(), int64(0x6b02480a); got != want {
		t.Errorf("created %d, want %d", got, want)
	}
	for name, bad := range map[string]string{
		"empty":       "",
		"not base64":  "AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig=!",
		"too short":   "AQAKSAJriaUBARAA",
		"too long":    "AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaigAAAA==",
		"wrong type":  "AgAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==",
		"wrong size":  "AQAKSAJriaUBAREAoxk6eJBrmVZJrxT/kxBaig==",
		"line breaks": "AQAKSAJriaUBARAA\noxk6eJBrmVZJrxT/kxBaig==",
	} {
		if _, err := cephx.ParseCryptoKey(bad); err == nil {
			t.Errorf("%s is taken", name)
		} else if bad != "" && strings.Contains(err.Error(), bad[:10]) {
			t.Errorf("%s: error quotes the key: %v", name, err)
		}
	}
}

func TestCryptoKeyEqual(t *testing.T) {
	a, b, none := testKey(t, 1), testKey(t, 2), cephx.CryptoKey{}
	again, err := cephx.NewCryptoKey(secretOf(a), epoch.Add(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x, y cephx.CryptoKey
		want bool
	}{{a, a, true}, {a, again, true}, {a, b, false}, {a, none, false}, {none, b, false},
		{none, none, true}} {
		if c.x.Equal(c.y) != c.want {
			t.Errorf("Equal = %v, want %v", !c.want, c.want)
		}
	}
	if none.Base64() != "" || !none.IsZero() || a.IsZero() {
		t.Error("zero key is not zero")
	}
	if _, _, err := cephx.DecodeCryptoKey(none.Append(nil)); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("no key decoded: %v", err)
	}
	for _, n := range []int{0, 15, 17} {
		if _, err := cephx.NewCryptoKey(make([]byte, n), epoch); err == nil {
			t.Errorf("key of %d bytes is taken", n)
		}
	}
	if _, err := cephx.GenerateKey(bytes.NewReader(make([]byte, 15)), epoch); err == nil {
		t.Error("key of a short random source")
	}
}
