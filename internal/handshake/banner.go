package handshake

import (
	"fmt"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// ErrNotCeph: what answers, or calls, does not begin with the banner of this protocol.
var ErrNotCeph = errors.New("not a Ceph daemon of protocol v1")

const (
	// ServerBannerSize is the length of what the accepting side says first.
	ServerBannerSize = wire.BannerSize + 2*wire.EntityAddrSize
	// ClientBannerSize is the length of what the connecting side says first.
	ClientBannerSize = wire.BannerSize + wire.EntityAddrSize
)

// AppendServerBanner appends the banner, the address of the accepting side, and that of the
// socket's other end as this side sees it.
func AppendServerBanner(b []byte, local, seen wire.EntityAddr) []byte {
	return seen.Append(local.Append(wire.AppendBanner(b)))
}

// AppendClientBanner appends the banner and the address of the connecting side.
func AppendClientBanner(b []byte, local wire.EntityAddr) []byte {
	return local.Append(wire.AppendBanner(b))
}

// DecodeBanner looks at the first wire.BannerSize bytes of a peer: what is not of this protocol is
// not asked for more.
func DecodeBanner(b []byte) error {
	if err := wire.DecodeBanner(b); err != nil {
		return fmt.Errorf("%w: %w", ErrNotCeph, err)
	}
	return nil
}

// Registered returns the address under which a peer is known that announces one and comes from
// another. A client that is bound to no address has its host from the socket. Port and nonce are
// its own.
func Registered(announced, socket wire.EntityAddr) wire.EntityAddr {
	if !announced.IsBlankIP() {
		return announced
	}
	socket.Port, socket.Nonce = announced.Port, announced.Nonce
	return socket
}
