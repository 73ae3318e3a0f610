package main

import (
	"strconv"

	"github.com/pkg/errors"
)

// nonceFlag is a nonce on the command line: 32 bits, or a random one.
type nonceFlag struct {
	value uint32
	given bool // and not random
}

// String implements pflag.Value.
func (f *nonceFlag) String() string {
	if !f.given {
		return ""
	}
	return strconv.FormatUint(uint64(f.value), 10)
}

// Set implements pflag.Value.
func (f *nonceFlag) Set(s string) error {
	if s == "random" || s == "-1" {
		*f = nonceFlag{}
		return nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return errors.New("a nonce is a number of 32 bits, 0 to 4294967295")
	}
	*f = nonceFlag{value: uint32(n), given: true}
	return nil
}

// Type implements pflag.Value.
func (f *nonceFlag) Type() string { return "nonce" }
