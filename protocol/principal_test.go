package protocol_test

import (
	"testing"

	"simplemessenger/auth"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

func principal(t wire.EntityType, id string, globalID uint64) protocol.Principal {
	return protocol.Principal{Name: auth.EntityName{Type: t, ID: id}, GlobalID: globalID}
}

var (
	nobody  = protocol.Principal{}
	osd1    = principal(wire.EntityOSD, "1", 4101)
	osd5    = principal(wire.EntityOSD, "5", 4105)
	mon     = principal(wire.EntityMon, "", 0)
	mgrX    = principal(wire.EntityMgr, "x", 4107)
	clientX = principal(wire.EntityClient, "x", 4200)
)

func TestPrincipalMayComeAs(t *testing.T) {
	for _, test := range []struct {
		who  protocol.Principal
		as   wire.EntityType
		want bool
	}{
		{nobody, wire.EntityOSD, true}, // whether it may is for the credentials to say
		{osd1, wire.EntityOSD, true},
		{osd1, wire.EntityClient, true}, // rados -n osd.1
		{osd1, wire.EntityMon, false},
		{mgrX, wire.EntityMgr, true},
		{mgrX, wire.EntityClient, true}, // librados within the manager
		{mgrX, wire.EntityOSD, false},
		{clientX, wire.EntityClient, true},
		{clientX, wire.EntityOSD, false},
		{clientX, wire.EntityMon, false},
		{clientX, wire.EntityMDS, false},
		{clientX, wire.EntityMgr, false},
		{clientX, 0, false},
	} {
		if got := test.who.MayComeAs(test.as); got != test.want {
			t.Errorf("%v as %v: %v", test.who.Name, test.as, got)
		}
		d := protocol.DecidePrincipal(protocol.Arrival{Principal: test.who,
			Connect: wire.Connect{HostType: test.as}})
		want := protocol.Decision{}
		if !test.want {
			want = protocol.Decision{Case: protocol.CaseFalseType, Tag: wire.TagBadAuthorizer}
		}
		if d != want {
			t.Errorf("%v as %v: decision %+v", test.who.Name, test.as, d)
		}
	}
}

func TestPrincipalFits(t *testing.T) {
	for _, test := range []struct {
		who  protocol.Principal
		name wire.EntityName
		want bool
	}{
		{nobody, wire.OSD(1), true},
		{osd1, wire.OSD(1), true},
		{osd1, wire.OSD(2), false},
		{osd1, wire.OSD(wire.NumUnknown), true},
		{osd1, wire.Mon(1), false},
		{osd1, wire.Client(4101), true},
		{osd1, wire.Client(1), false},
		{clientX, wire.Client(4200), true},
		{clientX, wire.Client(4201), false},
		{clientX, wire.Client(wire.NumUnknown), true},
		{clientX, wire.OSD(4200), false},
		{mon, wire.Mon(0), true}, // all monitors share one principal
		{mon, wire.Mon(2), true},
		{mon, wire.OSD(0), false},
		{mgrX, wire.Mgr(4107), true},
		{mgrX, wire.Mgr(7), true},
		{mgrX, wire.MDS(0), false},
	} {
		if got := test.who.Fits(test.name); got != test.want {
			t.Errorf("%v is %v: %v", test.who.Name, test.name, got)
		}
	}
}

// Whose session is it? One row for each kind of session, and each kind of peer that may come to it.
func TestClaimAdmits(t *testing.T) {
	for _, test := range []struct {
		what   string
		claim  protocol.Claim
		admits []protocol.Principal
	}{
		{"proved to be osd.1", protocol.Claim{Principal: osd1}, []protocol.Principal{osd1}},
		{"proved to be osd.1, and called so", protocol.Claim{Principal: osd1, Called: wire.OSD(1),
			MustProve: true}, []protocol.Principal{osd1}},
		{"proved to be client.x", protocol.Claim{Principal: clientX},
			[]protocol.Principal{clientX}},
		{"osd.1 was called, and must prove itself", protocol.Claim{Called: wire.OSD(1),
			MustProve: true}, []protocol.Principal{osd1}},
		{"some osd was called, and must prove itself",
			protocol.Claim{Called: wire.OSD(wire.NumUnknown), MustProve: true},
			[]protocol.Principal{osd1, osd5}},
		{"mon.2 was called, and must prove itself", protocol.Claim{Called: wire.Mon(2),
			MustProve: true}, []protocol.Principal{mon}},
		{"osd.1 was called, without authentication", protocol.Claim{Called: wire.OSD(1)},
			[]protocol.Principal{nobody, osd1}},
		{"somebody came, and proved nothing", protocol.Claim{}, []protocol.Principal{nobody}},
	} {
		for _, who := range []protocol.Principal{nobody, osd1, osd5, mon, mgrX, clientX} {
			want := false
			for _, p := range test.admits {
				want = want || p == who
			}
			if got := test.claim.Admits(who); got != want {
				t.Errorf("%s: %v is admitted: %v", test.what, who.Name, got)
			}
		}
	}
	// Another process of the same principal has the same rights.
	if again := principal(wire.EntityClient, "x",
		4999); !(protocol.Claim{Principal: clientX}).Admits(again) {
		t.Error("a client that logged in anew is a stranger to its session")
	}
}

// Into which session goes what is sent to a name?
func TestClaimServes(t *testing.T) {
	for _, test := range []struct {
		what      string
		claim     protocol.Claim
		name      wire.EntityName
		mustProve bool // peers of the name's type
		want      bool
	}{
		{"proved to be osd.1", protocol.Claim{Principal: osd1}, wire.OSD(1), true, true},
		{"proved to be osd.1", protocol.Claim{Principal: osd1}, wire.OSD(2), true, false},
		{"proved to be client.x", protocol.Claim{Principal: clientX}, wire.OSD(1), true, false},
		{"somebody came, and proved nothing", protocol.Claim{}, wire.OSD(1), true, false},
		{"somebody came, and proved nothing", protocol.Claim{}, wire.Client(1), false, true},
		{"osd.1 was called", protocol.Claim{Called: wire.OSD(1), MustProve: true}, wire.OSD(1),
			true, true},
		{"osd.1 was called", protocol.Claim{Called: wire.OSD(1), MustProve: true}, wire.OSD(2),
			true, true}, // whoever that osd is, it is the one at the address
		{"osd.1 was called", protocol.Claim{Called: wire.OSD(1), MustProve: true}, wire.Mon(1),
			true, false},
		{"osd.1 was called", protocol.Claim{Called: wire.OSD(1), MustProve: true}, wire.Client(1),
			false, false},
		{"osd.1 was called, without authentication", protocol.Claim{Called: wire.OSD(1)},
			wire.Mon(2), false, true},
	} {
		if got := test.claim.Serves(test.name, test.mustProve); got != test.want {
			t.Errorf("%s: what is sent to %v belongs here: %v", test.what, test.name, got)
		}
	}
}
