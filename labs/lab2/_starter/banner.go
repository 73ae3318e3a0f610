package main

// Banner is what each side says first.
const Banner = "ceph v027"

// ServerBanner is what the accepting side says first: banner, its own address, and that of the
// client as the server's socket has it.
type ServerBanner struct {
	Addr     EntityAddr `json:"addr"`
	PeerAddr EntityAddr `json:"peer_addr"`
}

// ClientBanner is what the connecting side says first: banner and its own address.
type ClientBanner struct {
	Addr EntityAddr `json:"addr"`
}

// EncodeServerBanner returns its 281 bytes.
func EncodeServerBanner(s ServerBanner) []byte {
	return nil // TODO
}

// DecodeServerBanner returns what stands at the front of b.
func DecodeServerBanner(b []byte) (ServerBanner, error) {
	return ServerBanner{}, errTODO // TODO
}

// EncodeClientBanner returns its 145 bytes.
func EncodeClientBanner(c ClientBanner) []byte {
	return nil // TODO
}

// DecodeClientBanner returns what stands at the front of b.
func DecodeClientBanner(b []byte) (ClientBanner, error) {
	return ClientBanner{}, errTODO // TODO
}
