// Package cephconf reads ceph.conf, as far as a client of the monitors needs it: where they are,
// who we are, and how peers prove who they are.
//
// Sources.Resolve goes all the way from the places where Ceph's commands look to what a login
// takes; monclient.LoadConf makes a monclient.Config of that. File is the file alone, with the line
// in which each option stands.
//
//	login, err := cephconf.Sources{Name: "client.admin"}.Resolve(ctx)
//	…
//	size, ok := login.File.Get(login.Name, "osd_max_object_size")
package cephconf
