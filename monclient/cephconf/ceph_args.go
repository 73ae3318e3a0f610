package cephconf

import (
	"os"
	"strings"

	"github.com/pkg/errors"
)

// applyCephArgs fills in what the sources leave open from CEPH_ARGS, which Ceph's commands put
// before their own arguments. It returns the options of ceph.conf that are set there.
func (o *Sources) applyCephArgs() (overrides map[string]string, err error) {
	overrides = map[string]string{}
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	words := strings.Fields(os.Getenv("CEPH_ARGS"))
	for len(words) > 0 {
		option, value, ok := strings.Cut(words[0], "=")
		words = words[1:]
		if !strings.HasPrefix(option, "-") {
			return nil, errors.Errorf("CEPH_ARGS: %q is no option", option)
		}
		if !ok && len(words) > 0 && !strings.HasPrefix(words[0], "-") {
			value, words = words[0], words[1:]
		}
		switch name := strings.ReplaceAll(strings.TrimLeft(option, "-"), "-", "_"); name {
		case "c", "conf":
			set(&o.Conf, value)
		case "m", "mon_host":
			set(&o.MonHost, value)
		case "k", "keyring":
			set(&o.Keyring, value)
		case "n", "name":
			set(&o.Name, value)
		case "i", "id", "user":
			set(&o.Name, "client."+value)
		default:
			overrides[name] = value
		}
	}
	return overrides, nil
}
