// Package none is the method that believes everybody: names are told, nothing is proved and no
// message is signed.
//
// It is auth_cluster_required, auth_service_required and auth_client_required = none in Ceph. An
// authorizer of it is protocol 1 and says who asks; a monitor's clients come with protocol 0 and no
// bytes at all, because they log in by messages later.
package none
