package vectors

// The fields of the structures, in the order in which they are encoded.
type (
	bannerFields struct {
		Banner string `json:"banner"`
	}
	clientBannerFields struct {
		Banner string     `json:"banner"`
		Addr   addrFields `json:"addr"`
	}
	serverBannerFields struct {
		Banner   string     `json:"banner"`
		Addr     addrFields `json:"addr"`
		PeerAddr addrFields `json:"peer_addr"`
	}
	addrFields struct {
		Type     uint32 `json:"type"`
		Nonce    uint32 `json:"nonce"`
		Family   int    `json:"family"`
		Port     uint16 `json:"port"`
		IP       string `json:"ip"`
		FlowInfo uint32 `json:"flowinfo"`
		ScopeID  uint32 `json:"scope_id"`
	}
	addrVecFields struct {
		Addrs []addrFields `json:"addrs"`
	}
	nameFields struct {
		Type uint8 `json:"type"`
		Num  num64 `json:"num"`
	}
	instFields struct {
		Name nameFields `json:"name"`
		Addr addrFields `json:"addr"`
	}
	connectFields struct {
		Features           hex64  `json:"features"`
		HostType           uint32 `json:"host_type"`
		GlobalSeq          uint32 `json:"global_seq"`
		ConnectSeq         uint32 `json:"connect_seq"`
		ProtocolVersion    uint32 `json:"protocol_version"`
		AuthorizerProtocol uint32 `json:"authorizer_protocol"`
		AuthorizerLen      uint32 `json:"authorizer_len"`
		Flags              uint8  `json:"flags"`
	}
	connectReplyFields struct {
		Tag             uint8  `json:"tag"`
		Features        hex64  `json:"features"`
		GlobalSeq       uint32 `json:"global_seq"`
		ConnectSeq      uint32 `json:"connect_seq"`
		ProtocolVersion uint32 `json:"protocol_version"`
		AuthorizerLen   uint32 `json:"authorizer_len"`
		Flags           uint8  `json:"flags"`
	}
	seqFields struct {
		Seq dec64 `json:"seq"`
	}
	timespecFields struct {
		Sec  uint32 `json:"sec"`
		Nsec uint32 `json:"nsec"`
	}
	taggedFields struct {
		Tag  uint8   `json:"tag"`
		Seq  *dec64  `json:"seq,omitempty"`
		Sec  *uint32 `json:"sec,omitempty"`
		Nsec *uint32 `json:"nsec,omitempty"`
	}
	headerStartFields struct {
		Seq       dec64  `json:"seq"`
		TID       dec64  `json:"tid"`
		Type      uint16 `json:"type"`
		Priority  uint16 `json:"priority"`
		Version   uint16 `json:"version"`
		FrontLen  uint32 `json:"front_len"`
		MiddleLen uint32 `json:"middle_len"`
		DataLen   uint32 `json:"data_len"`
		DataOff   uint16 `json:"data_off"`
	}
	headerFields struct {
		headerStartFields
		Src           nameFields `json:"src"`
		CompatVersion uint16     `json:"compat_version"`
		Reserved      uint16     `json:"reserved"`
		CRC           hex32      `json:"crc"`
	}
	headerOldFields struct {
		headerStartFields
		Src      instFields `json:"src"`
		OrigSrc  instFields `json:"orig_src"`
		Reserved uint32     `json:"reserved"`
		CRC      hex32      `json:"crc"`
	}
	footerFields struct {
		FrontCRC  hex32 `json:"front_crc"`
		MiddleCRC hex32 `json:"middle_crc"`
		DataCRC   hex32 `json:"data_crc"`
		Sig       hex64 `json:"sig"`
		Flags     uint8 `json:"flags"`
	}
	footerOldFields struct {
		FrontCRC  hex32 `json:"front_crc"`
		MiddleCRC hex32 `json:"middle_crc"`
		DataCRC   hex32 `json:"data_crc"`
		Flags     uint8 `json:"flags"`
	}
	messagePartFields struct {
		Tag    uint8        `json:"tag"`
		Header headerFields `json:"header"`
		Front  octet        `json:"front"`
		Middle octet        `json:"middle"`
		Data   octet        `json:"data"`
	}
	messageFields struct {
		messagePartFields
		Footer footerFields `json:"footer"`
	}
	messageOldFields struct {
		messagePartFields
		Footer footerOldFields `json:"footer"`
	}
	crcFields struct {
		CRC hex32 `json:"crc"`
	}
)
