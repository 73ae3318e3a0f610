package structures

import (
	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// Sizes of what each side says first, in bytes.
const (
	ServerBannerSize = wire.BannerSize + 2*wire.EntityAddrSize
	ClientBannerSize = wire.BannerSize + wire.EntityAddrSize
)

// ServerBanner is what the accepting side says first.
type ServerBanner struct {
	Addr     Addr `json:"addr"`
	PeerAddr Addr `json:"peer_addr"`
}

// ClientBanner is what the connecting side says first.
type ClientBanner struct {
	Addr Addr `json:"addr"`
}

// Layout takes the bytes apart.
func (b ServerBanner) Layout() grade.Layout {
	return Join(grade.Layout{{"banner", wire.BannerSize}}, Prefix("addr.", b.Addr.Layout()),
		Prefix("peer_addr.", b.PeerAddr.Layout()))
}

// Layout takes the bytes apart.
func (b ClientBanner) Layout() grade.Layout {
	return Join(grade.Layout{{"banner", wire.BannerSize}}, Prefix("addr.", b.Addr.Layout()))
}

// Bytes encodes it.
func (b ServerBanner) Bytes() []byte {
	return b.PeerAddr.Wire().Append(b.Addr.Wire().Append(wire.AppendBanner(nil)))
}

// Bytes encodes it.
func (b ClientBanner) Bytes() []byte { return b.Addr.Wire().Append(wire.AppendBanner(nil)) }

// DecodeServerBanner is the inverse of Bytes.
func DecodeServerBanner(b []byte) (s ServerBanner, err error) {
	if err = wire.DecodeBanner(b); err != nil {
		return s, err
	}
	if s.Addr, err = DecodeAddr(b[wire.BannerSize:]); err != nil {
		return s, err
	}
	s.PeerAddr, err = DecodeAddr(b[wire.BannerSize+wire.EntityAddrSize:])
	return s, err
}

// DecodeClientBanner is the inverse of Bytes.
func DecodeClientBanner(b []byte) (c ClientBanner, err error) {
	if err = wire.DecodeBanner(b); err != nil {
		return c, err
	}
	c.Addr, err = DecodeAddr(b[wire.BannerSize:])
	return c, err
}

// Join puts layouts one behind the other.
func Join(layouts ...grade.Layout) (all grade.Layout) {
	for _, l := range layouts {
		all = append(all, l...)
	}
	return all
}

// Prefix puts a word before each name of a layout.
func Prefix(word string, layout grade.Layout) grade.Layout {
	all := append(grade.Layout(nil), layout...)
	for i := range all {
		all[i].Name = word + all[i].Name
	}
	return all
}
