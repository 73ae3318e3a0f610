package cephx

import "simplemessenger/wire"

// Requirements is what is required of peers, and whether we sign. Each field but the first is the
// option of Ceph with cephx_ before its name. "Cluster" peers are OSDs, MDSs and managers;
// "service" peers are all others. The zero value requires nothing and signs with everybody who can.
type Requirements struct {
	// DisableSignMessages neither signs messages nor looks at signatures: cephx_sign_messages =
	// false.
	DisableSignMessages bool

	RequireSignatures        bool // of all peers
	ClusterRequireSignatures bool
	ServiceRequireSignatures bool

	// A version of 2 or more requires the authorizer challenge and the signature that covers
	// everything.
	RequireVersion        int // of all peers
	ClusterRequireVersion int
	ServiceRequireVersion int
}

// RequiredFeatures returns the features that a peer of that type must offer: MSG_AUTH for
// signatures, CEPHX_V2 for version 2.
func (r Requirements) RequiredFeatures(peer wire.EntityType) wire.Features {
	signatures, version := r.ServiceRequireSignatures, r.ServiceRequireVersion
	switch peer {
	case wire.EntityOSD, wire.EntityMDS, wire.EntityMgr:
		signatures, version = r.ClusterRequireSignatures, r.ClusterRequireVersion
	}
	var required wire.Features
	if signatures || r.RequireSignatures {
		required |= wire.FeatureMsgAuth
	}
	if max(version, r.RequireVersion) >= 2 {
		required |= wire.FeatureCephxV2
	}
	return required
}

// security returns the Security of a session, nil if its messages are not signed.
func (r Requirements) security(sessionKey CryptoKey, features wire.Features) *Security {
	if r.DisableSignMessages || !features.Has(wire.FeatureMsgAuth) {
		return nil
	}
	return NewSecurity(sessionKey, features)
}
