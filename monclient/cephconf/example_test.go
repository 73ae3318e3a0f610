package cephconf_test

import (
	"fmt"
	"strings"

	"simplemessenger/monclient/cephconf"
)

// Read a file, and say where an option has its value from.
func Example() {
	f, err := cephconf.Parse(strings.NewReader(`
[global]
    mon host = v1:10.0.0.1:6789
[client]
    log file = /var/log/ceph/$cluster-$name.log
`), "/etc/ceph/ceph.conf")
	if err != nil {
		fmt.Println(err)
		return
	}
	value, _ := f.Get(admin, "log_file")
	from, _ := f.Lookup(admin, "log_file")
	fmt.Printf("%s (%s:%d)\n", value, from.File, from.Line)
	// Output: /var/log/ceph/ceph-client.admin.log (/etc/ceph/ceph.conf:5)
}
