package wire

// EntityInstSize is the encoded size of an EntityInst in bytes.
const EntityInstSize = EntityNameSize + EntityAddrSize

// EntityInst is an entity name together with an address: one running instance of a daemon or
// client. It is encoded as the name (9 bytes) and the legacy form of the address (136 bytes).
type EntityInst struct {
	Name EntityName
	Addr EntityAddr
}

// String returns the form "osd.3 10.1.2.3:6800/1234".
func (i EntityInst) String() string { return i.Name.String() + " " + i.Addr.String() }

// Append appends the encoding of i to b.
func (i EntityInst) Append(b []byte) []byte { return i.Addr.Append(i.Name.Append(b)) }

// DecodeEntityInst reads an EntityInst from the front of b.
func DecodeEntityInst(b []byte) (EntityInst, error) {
	if len(b) < EntityInstSize {
		return EntityInst{}, shortError("entity_inst", "addr", EntityNameSize, EntityInstSize,
			len(b))
	}
	name, err := DecodeEntityName(b)
	if err != nil {
		return EntityInst{}, err
	}
	addr, err := DecodeEntityAddr(b[EntityNameSize:])
	if err != nil {
		return EntityInst{}, err
	}
	return EntityInst{name, addr}, nil
}
