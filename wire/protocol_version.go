package wire

// Cluster protocol versions: between two daemons of one type.
const (
	MonProtocolVersion uint32 = 13
	OSDProtocolVersion uint32 = 10
	MDSProtocolVersion uint32 = 36
)

// Service protocol versions: towards any other type, named after the side that accepts.
const (
	OSDServiceProtocolVersion uint32 = 24
	MDSServiceProtocolVersion uint32 = 32
	MonServiceProtocolVersion uint32 = 15
)

// ProtocolVersion returns the version that stands in Connect and ConnectReply between two
// messengers, of which server accepted the socket and client opened it. Types without a protocol of
// their own use 0 (Ceph 14.2 and 16.2).
func ProtocolVersion(server, client EntityType) uint32 {
	if server == client {
		switch server {
		case EntityMon:
			return MonProtocolVersion
		case EntityOSD:
			return OSDProtocolVersion
		case EntityMDS:
			return MDSProtocolVersion
		}
		return 0
	}
	switch server {
	case EntityMon:
		return MonServiceProtocolVersion
	case EntityOSD:
		return OSDServiceProtocolVersion
	case EntityMDS:
		return MDSServiceProtocolVersion
	}
	return 0
}
