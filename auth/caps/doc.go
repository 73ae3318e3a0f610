// Package caps reads the capabilities of a client, as its ticket carries them to a server:
//
//	allow rw pool=images namespace=a, profile rbd-read-only
//
// A server has them in auth.Identity.Capabilities, as bytes, and asks:
//
//	c, err := caps.Decode(connection.Identity().Capabilities)
//	if err != nil || !c.MayOn(caps.Write, caps.Target{Pool: "images"}) {
//		… // refuse
//	}
//
// Each kind of daemon has a language of its own, of which this is what they have in common: grants,
// what each permits, and the clauses that narrow it. What is not understood permits nothing: a
// grant with a clause that is not known here, or a profile, whose meaning is the daemon's alone,
// can be shown, but not be relied on. Without capabilities nothing is permitted.
package caps
