// Package watch tells what changes in a cluster, one line for each change, as "ceph -w" does: osds
// that come and go, pools, the active manager, monitors, and the cluster's log.
package watch
