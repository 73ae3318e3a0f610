package cephx_test

import (
	"testing"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

func TestRequiredFeatures(t *testing.T) {
	const signatures, v2 = wire.FeatureMsgAuth, wire.FeatureCephxV2
	cluster := []wire.EntityType{wire.EntityOSD, wire.EntityMDS, wire.EntityMgr}
	service := []wire.EntityType{wire.EntityMon, wire.EntityClient, 0x40}
	for _, c := range []struct {
		r                    cephx.Requirements
		ofCluster, ofService wire.Features
	}{
		{cephx.Requirements{}, 0, 0},
		{cephx.Requirements{DisableSignMessages: true, RequireVersion: 1, ClusterRequireVersion: 1,
			ServiceRequireVersion: 1}, 0, 0},
		{cephx.Requirements{RequireSignatures: true}, signatures, signatures},
		{cephx.Requirements{ClusterRequireSignatures: true}, signatures, 0},
		{cephx.Requirements{ServiceRequireSignatures: true}, 0, signatures},
		{cephx.Requirements{RequireVersion: 2}, v2, v2},
		{cephx.Requirements{ClusterRequireVersion: 2}, v2, 0},
		{cephx.Requirements{ServiceRequireVersion: 2}, 0, v2},
		{cephx.Requirements{RequireVersion: 2, ServiceRequireVersion: 1,
			ClusterRequireSignatures: true}, signatures | v2, v2},
	} {
		for _, peer := range cluster {
			if got := c.r.RequiredFeatures(peer); got != c.ofCluster {
				t.Errorf("%+v of %v: %v, want %v", c.r, peer, got, c.ofCluster)
			}
		}
		for _, peer := range service {
			if got := c.r.RequiredFeatures(peer); got != c.ofService {
				t.Errorf("%+v of %v: %v, want %v", c.r, peer, got, c.ofService)
			}
		}
	}
}

func TestDisableSignMessages(t *testing.T) {
	w := newWorld(t)
	quiet := cephx.Requirements{DisableSignMessages: true}
	a := w.authorizer(w.login("client.x", func(c *cephx.LoginConfig) {
		c.Requirements = quiet
	}).Tickets())
	result := handshake(t, a, w.server(func(c *cephx.ServerConfig) {
		c.Requirements = quiet
	}).NewExchange(wire.EntityAddr{}), offered)
	if result.Outcome != auth.Accepted || result.Security != nil {
		t.Errorf("server: %+v", result)
	}
	if security, err := a.VerifyReply(result.Reply, offered); security != nil || err != nil {
		t.Errorf("client: %v, %v", security, err)
	}
}
