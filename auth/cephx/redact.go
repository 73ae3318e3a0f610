package cephx

import (
	"fmt"
	"io"
	"log/slog"
)

// What a CryptoKey shows of itself in every kind of output.
const (
	redacted = "[secret]"
	noKey    = "[no key]"
)

// String returns a text without the secret; see Base64.
func (k CryptoKey) String() string {
	if k.IsZero() {
		return noKey
	}
	return redacted
}

// GoString implements fmt.GoStringer without the secret.
func (k CryptoKey) GoString() string { return k.String() }

// Format implements fmt.Formatter without the secret, whatever the verb.
func (k CryptoKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue implements slog.LogValuer without the secret.
func (k CryptoKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText implements encoding.TextMarshaler without the secret, and with it JSON and XML. There
// is no way back: ParseCryptoKey reads what Base64 wrote.
func (k CryptoKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
