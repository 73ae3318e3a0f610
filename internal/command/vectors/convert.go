package vectors

import (
	"net/netip"

	"simplemessenger/wire"
)

func fromAddr(a wire.EntityAddr) addrFields {
	f := addrFields{Type: uint32(a.Type), Nonce: a.Nonce, Port: a.Port, FlowInfo: a.FlowInfo,
		ScopeID: a.ScopeID}
	if a.IP.IsValid() {
		f.IP, f.Family = a.IP.String(), 10
		if a.IP.Is4() {
			f.Family = 2
		}
	}
	return f
}

func (f addrFields) addr() (a wire.EntityAddr, err error) {
	a = wire.EntityAddr{Type: wire.AddrType(f.Type), Nonce: f.Nonce, Port: f.Port,
		FlowInfo: f.FlowInfo, ScopeID: f.ScopeID}
	if f.Family != 0 {
		a.IP, err = netip.ParseAddr(f.IP)
	}
	return a, err
}

func (f nameFields) name() wire.EntityName {
	return wire.EntityName{Type: wire.EntityType(f.Type), Num: int64(f.Num)}
}

func fromInst(i wire.EntityInst) instFields {
	return instFields{nameFields{uint8(i.Name.Type), num64(i.Name.Num)}, fromAddr(i.Addr)}
}

func (f instFields) inst() (wire.EntityInst, error) {
	a, err := f.Addr.addr()
	return wire.EntityInst{Name: f.Name.name(), Addr: a}, err
}

func fromHeader(h wire.MessageHeader) headerFields {
	return headerFields{
		headerStartFields{dec64(h.Seq), dec64(h.TID), h.Type, h.Priority, h.Version, h.FrontLen,
			h.MiddleLen, h.DataLen, h.DataOff},
		nameFields{uint8(h.Source.Type), num64(h.Source.Num)}, h.CompatVersion, h.Reserved,
		hex32(h.CRC),
	}
}

func (f headerFields) header() wire.MessageHeader {
	return wire.MessageHeader{
		Seq: uint64(f.Seq), TID: uint64(f.TID), Type: f.Type, Priority: f.Priority,
		Version:  f.Version,
		FrontLen: f.FrontLen, MiddleLen: f.MiddleLen, DataLen: f.DataLen, DataOff: f.DataOff,
		Source: f.Src.name(), CompatVersion: f.CompatVersion, Reserved: f.Reserved,
		CRC: uint32(f.CRC),
	}
}

func fromFooter(f wire.Footer) footerFields {
	return footerFields{hex32(f.FrontCRC), hex32(f.MiddleCRC), hex32(f.DataCRC), hex64(f.Signature),
		uint8(f.Flags)}
}

func (f footerFields) footer() wire.Footer {
	return wire.Footer{
		FrontCRC: uint32(f.FrontCRC), MiddleCRC: uint32(f.MiddleCRC), DataCRC: uint32(f.DataCRC),
		Signature: uint64(f.Sig), Flags: wire.FooterFlags(f.Flags),
	}
}

func fromFooterOld(f wire.Footer) footerOldFields {
	return footerOldFields{hex32(f.FrontCRC), hex32(f.MiddleCRC), hex32(f.DataCRC), uint8(f.Flags)}
}

func (f footerOldFields) footer() wire.Footer {
	return footerFields{FrontCRC: f.FrontCRC, MiddleCRC: f.MiddleCRC, DataCRC: f.DataCRC,
		Flags: f.Flags}.footer()
}
