package messages

import (
	"maps"
	"slices"
	"strconv"
)

// Type is the type in a message's header: what its payload means.
type Type uint16

// The types that come up in Ceph 14.2 to 16.2, apart from those between metadata servers. The names
// are those of the classes in Ceph (MOSDOp is TypeOSDOp).
const (
	// For everybody.
	TypePing Type = 2

	// Between monitors and everybody else.
	TypeMonMap             Type = 4
	TypeMonGetMap          Type = 5
	TypeMonGetOSDMap       Type = 6
	TypeMonMetadata        Type = 7
	TypeStatfs             Type = 13
	TypeStatfsReply        Type = 14
	TypeMonSubscribe       Type = 15
	TypeMonSubscribeAck    Type = 16
	TypeAuth               Type = 17
	TypeAuthReply          Type = 18
	TypeMonGetVersion      Type = 19
	TypeMonGetVersionReply Type = 20
	TypeForward            Type = 46
	TypeRoute              Type = 47
	TypePoolOpReply        Type = 48
	TypePoolOp             Type = 49
	TypeMonCommand         Type = 50
	TypeMonCommandAck      Type = 51
	TypeLog                Type = 52
	TypeLogAck             Type = 53
	TypeGetPoolStats       Type = 58
	TypeGetPoolStatsReply  Type = 59
	TypeMonGlobalID        Type = 60
	TypeConfig             Type = 62
	TypeGetConfig          Type = 63
	TypeCommand            Type = 97
	TypeCommandReply       Type = 98

	// Between monitors.
	TypeMonScrub               Type = 64
	TypeMonElection            Type = 65
	TypeMonPaxos               Type = 66
	TypeMonProbe               Type = 67
	TypeMonJoin                Type = 68
	TypeMonSync                Type = 69
	TypeMonGetPurgedSnaps      Type = 76
	TypeMonGetPurgedSnapsReply Type = 77
	TypeTimeCheck              Type = 0x600
	TypeMonHealth              Type = 0x601
	TypeNoOp                   Type = 0x607
	TypeMonHealthChecks        Type = 0x608
	TypeTimeCheck2             Type = 0x609

	// For clients of the file system.
	TypeMDSMap               Type = 21
	TypeClientSession        Type = 22
	TypeClientReconnect      Type = 23
	TypeClientRequest        Type = 24
	TypeClientRequestForward Type = 25
	TypeClientReply          Type = 26
	TypeClientReclaim        Type = 27
	TypeClientReclaimReply   Type = 28
	TypeClientMetrics        Type = 29
	TypeFSMap                Type = 45
	TypeFSMapUser            Type = 103
	TypeClientCaps           Type = 0x310
	TypeClientLease          Type = 0x311
	TypeClientSnap           Type = 0x312
	TypeClientCapRelease     Type = 0x313
	TypeClientQuota          Type = 0x314

	// For object storage daemons and their clients.
	TypeOSDMap                     Type = 41
	TypeOSDOp                      Type = 42
	TypeOSDOpReply                 Type = 43
	TypeWatchNotify                Type = 44
	TypeOSDBackoff                 Type = 61
	TypeOSDPing                    Type = 70
	TypeOSDBoot                    Type = 71
	TypeOSDFailure                 Type = 72
	TypeOSDAlive                   Type = 73
	TypeOSDMarkMeDown              Type = 74
	TypeOSDFull                    Type = 75
	TypeOSDPGTemp                  Type = 78
	TypeOSDBeacon                  Type = 79
	TypeOSDPGNotify                Type = 80
	TypeOSDPGQuery                 Type = 81
	TypeOSDPGLog                   Type = 83
	TypeOSDPGRemove                Type = 84
	TypeOSDPGInfo                  Type = 85
	TypeOSDPGTrim                  Type = 86
	TypePGStats                    Type = 87
	TypePGStatsAck                 Type = 88
	TypeOSDPGCreate                Type = 89
	TypeRemoveSnaps                Type = 90
	TypeOSDScrub                   Type = 91
	TypeOSDScrubReserve            Type = 92
	TypeOSDRepScrub                Type = 93
	TypeOSDPGScan                  Type = 94
	TypeOSDPGBackfill              Type = 95
	TypeOSDPGBackfillRemove        Type = 96
	TypeBackfillReserve            Type = 99
	TypeOSDPGPush                  Type = 105
	TypeOSDPGPull                  Type = 106
	TypeOSDPGPushReply             Type = 107
	TypeOSDECSubOpWrite            Type = 108
	TypeOSDECSubOpWriteReply       Type = 109
	TypeOSDECSubOpRead             Type = 110
	TypeOSDECSubOpReadReply        Type = 111
	TypeOSDRepOp                   Type = 112
	TypeOSDRepOpReply              Type = 113
	TypeOSDPGUpdateLogMissing      Type = 114
	TypeOSDPGUpdateLogMissingReply Type = 115
	TypeOSDPGCreated               Type = 116
	TypeOSDRepScrubMap             Type = 117
	TypeOSDPGRecoveryDelete        Type = 118
	TypeOSDPGRecoveryDeleteReply   Type = 119
	TypeOSDPGCreate2               Type = 120
	TypeOSDScrub2                  Type = 121
	TypeOSDPGReadyToMerge          Type = 122
	TypeOSDMarkMeDead              Type = 123
	TypeOSDPGNotify2               Type = 130
	TypeOSDPGQuery2                Type = 131
	TypeOSDPGInfo2                 Type = 132
	TypeOSDPGLease                 Type = 133
	TypeOSDPGLeaseAck              Type = 134
	TypeRecoveryReserve            Type = 150
	TypeOSDForceRecovery           Type = 151

	// For metadata servers.
	TypeMDSBeacon       Type = 100
	TypeMDSPeerRequest  Type = 101
	TypeMDSTableRequest Type = 102
	TypeMDSHeartbeat    Type = 0x500

	// For managers.
	TypeMgrOpen         Type = 0x700
	TypeMgrConfigure    Type = 0x701
	TypeMgrReport       Type = 0x702
	TypeMgrBeacon       Type = 0x703
	TypeMgrMap          Type = 0x704
	TypeMgrDigest       Type = 0x705
	TypeMonMgrReport    Type = 0x706
	TypeServiceMap      Type = 0x707
	TypeMgrClose        Type = 0x708
	TypeMgrCommand      Type = 0x709
	TypeMgrCommandReply Type = 0x70a
)

var typeNames = map[Type]string{
	TypePing:                       "MPing",
	TypeMonMap:                     "MMonMap",
	TypeMonGetMap:                  "MMonGetMap",
	TypeMonGetOSDMap:               "MMonGetOSDMap",
	TypeMonMetadata:                "MMonMetadata",
	TypeStatfs:                     "MStatfs",
	TypeStatfsReply:                "MStatfsReply",
	TypeMonSubscribe:               "MMonSubscribe",
	TypeMonSubscribeAck:            "MMonSubscribeAck",
	TypeAuth:                       "MAuth",
	TypeAuthReply:                  "MAuthReply",
	TypeMonGetVersion:              "MMonGetVersion",
	TypeMonGetVersionReply:         "MMonGetVersionReply",
	TypeMDSMap:                     "MMDSMap",
	TypeClientSession:              "MClientSession",
	TypeClientReconnect:            "MClientReconnect",
	TypeClientRequest:              "MClientRequest",
	TypeClientRequestForward:       "MClientRequestForward",
	TypeClientReply:                "MClientReply",
	TypeClientReclaim:              "MClientReclaim",
	TypeClientReclaimReply:         "MClientReclaimReply",
	TypeClientMetrics:              "MClientMetrics",
	TypeOSDMap:                     "MOSDMap",
	TypeOSDOp:                      "MOSDOp",
	TypeOSDOpReply:                 "MOSDOpReply",
	TypeWatchNotify:                "MWatchNotify",
	TypeFSMap:                      "MFSMap",
	TypeForward:                    "MForward",
	TypeRoute:                      "MRoute",
	TypePoolOpReply:                "MPoolOpReply",
	TypePoolOp:                     "MPoolOp",
	TypeMonCommand:                 "MMonCommand",
	TypeMonCommandAck:              "MMonCommandAck",
	TypeLog:                        "MLog",
	TypeLogAck:                     "MLogAck",
	TypeGetPoolStats:               "MGetPoolStats",
	TypeGetPoolStatsReply:          "MGetPoolStatsReply",
	TypeMonGlobalID:                "MMonGlobalID",
	TypeOSDBackoff:                 "MOSDBackoff",
	TypeConfig:                     "MConfig",
	TypeGetConfig:                  "MGetConfig",
	TypeMonScrub:                   "MMonScrub",
	TypeMonElection:                "MMonElection",
	TypeMonPaxos:                   "MMonPaxos",
	TypeMonProbe:                   "MMonProbe",
	TypeMonJoin:                    "MMonJoin",
	TypeMonSync:                    "MMonSync",
	TypeOSDPing:                    "MOSDPing",
	TypeOSDBoot:                    "MOSDBoot",
	TypeOSDFailure:                 "MOSDFailure",
	TypeOSDAlive:                   "MOSDAlive",
	TypeOSDMarkMeDown:              "MOSDMarkMeDown",
	TypeOSDFull:                    "MOSDFull",
	TypeMonGetPurgedSnaps:          "MMonGetPurgedSnaps",
	TypeMonGetPurgedSnapsReply:     "MMonGetPurgedSnapsReply",
	TypeOSDPGTemp:                  "MOSDPGTemp",
	TypeOSDBeacon:                  "MOSDBeacon",
	TypeOSDPGNotify:                "MOSDPGNotify",
	TypeOSDPGQuery:                 "MOSDPGQuery",
	TypeOSDPGLog:                   "MOSDPGLog",
	TypeOSDPGRemove:                "MOSDPGRemove",
	TypeOSDPGInfo:                  "MOSDPGInfo",
	TypeOSDPGTrim:                  "MOSDPGTrim",
	TypePGStats:                    "MPGStats",
	TypePGStatsAck:                 "MPGStatsAck",
	TypeOSDPGCreate:                "MOSDPGCreate",
	TypeRemoveSnaps:                "MRemoveSnaps",
	TypeOSDScrub:                   "MOSDScrub",
	TypeOSDScrubReserve:            "MOSDScrubReserve",
	TypeOSDRepScrub:                "MOSDRepScrub",
	TypeOSDPGScan:                  "MOSDPGScan",
	TypeOSDPGBackfill:              "MOSDPGBackfill",
	TypeOSDPGBackfillRemove:        "MOSDPGBackfillRemove",
	TypeCommand:                    "MCommand",
	TypeCommandReply:               "MCommandReply",
	TypeBackfillReserve:            "MBackfillReserve",
	TypeMDSBeacon:                  "MMDSBeacon",
	TypeMDSPeerRequest:             "MMDSPeerRequest",
	TypeMDSTableRequest:            "MMDSTableRequest",
	TypeFSMapUser:                  "MFSMapUser",
	TypeOSDPGPush:                  "MOSDPGPush",
	TypeOSDPGPull:                  "MOSDPGPull",
	TypeOSDPGPushReply:             "MOSDPGPushReply",
	TypeOSDECSubOpWrite:            "MOSDECSubOpWrite",
	TypeOSDECSubOpWriteReply:       "MOSDECSubOpWriteReply",
	TypeOSDECSubOpRead:             "MOSDECSubOpRead",
	TypeOSDECSubOpReadReply:        "MOSDECSubOpReadReply",
	TypeOSDRepOp:                   "MOSDRepOp",
	TypeOSDRepOpReply:              "MOSDRepOpReply",
	TypeOSDPGUpdateLogMissing:      "MOSDPGUpdateLogMissing",
	TypeOSDPGUpdateLogMissingReply: "MOSDPGUpdateLogMissingReply",
	TypeOSDPGCreated:               "MOSDPGCreated",
	TypeOSDRepScrubMap:             "MOSDRepScrubMap",
	TypeOSDPGRecoveryDelete:        "MOSDPGRecoveryDelete",
	TypeOSDPGRecoveryDeleteReply:   "MOSDPGRecoveryDeleteReply",
	TypeOSDPGCreate2:               "MOSDPGCreate2",
	TypeOSDScrub2:                  "MOSDScrub2",
	TypeOSDPGReadyToMerge:          "MOSDPGReadyToMerge",
	TypeOSDMarkMeDead:              "MOSDMarkMeDead",
	TypeOSDPGNotify2:               "MOSDPGNotify2",
	TypeOSDPGQuery2:                "MOSDPGQuery2",
	TypeOSDPGInfo2:                 "MOSDPGInfo2",
	TypeOSDPGLease:                 "MOSDPGLease",
	TypeOSDPGLeaseAck:              "MOSDPGLeaseAck",
	TypeRecoveryReserve:            "MRecoveryReserve",
	TypeOSDForceRecovery:           "MOSDForceRecovery",
	TypeClientCaps:                 "MClientCaps",
	TypeClientLease:                "MClientLease",
	TypeClientSnap:                 "MClientSnap",
	TypeClientCapRelease:           "MClientCapRelease",
	TypeClientQuota:                "MClientQuota",
	TypeMDSHeartbeat:               "MHeartbeat",
	TypeTimeCheck:                  "MTimeCheck",
	TypeMonHealth:                  "MMonHealth",
	TypeNoOp:                       "MNop",
	TypeMonHealthChecks:            "MMonHealthChecks",
	TypeTimeCheck2:                 "MTimeCheck2",
	TypeMgrOpen:                    "MMgrOpen",
	TypeMgrConfigure:               "MMgrConfigure",
	TypeMgrReport:                  "MMgrReport",
	TypeMgrBeacon:                  "MMgrBeacon",
	TypeMgrMap:                     "MMgrMap",
	TypeMgrDigest:                  "MMgrDigest",
	TypeMonMgrReport:               "MMonMgrReport",
	TypeServiceMap:                 "MServiceMap",
	TypeMgrClose:                   "MMgrClose",
	TypeMgrCommand:                 "MMgrCommand",
	TypeMgrCommandReply:            "MMgrCommandReply",
}

// String returns Ceph's name of the type, such as "MOSDOp", or "type N" for one that is not known
// here.
func (t Type) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return "type " + strconv.Itoa(int(t))
}

// Types returns all types that have a name here, in the order of their numbers.
func Types() []Type { return slices.Sorted(maps.Keys(typeNames)) }
