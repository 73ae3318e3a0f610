# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# Getting and compiling what perf-msgr runs.

readonly perf_cache=$cache/perf-msgr
readonly toolchain=$perf_cache/toolchain # Debian 11 with Ceph 14.2, as the tests have it, and a compiler
readonly programs=$perf_cache/bin        # ceph-peer and simplemsgr
readonly ceph_libraries=/usr/lib/x86_64-linux-gnu/ceph

command_build() {
	[[ $# == 0 ]] || fail "build: unknown argument '$1'"
	[[ $(uname -m) == x86_64 ]] || cannot_be_had "ceph-peer knows the layout of the library for x86_64 only"
	"$here/real-peer" install --release 14.2 || exit
	mkdir -p -- "$programs"
	[[ ! $programs/ceph-peer -ot $own_parts/ceph-peer.cc && ! $programs/ceph-peer -ot $own_parts/ceph_14_2.h ]] || build_ceph_peer
	(cd -- "$here/.." && go build -o "$programs/simplemsgr" ./cmd/simplemsgr)
	say "ceph-peer and simplemsgr are ready in $programs"
}

build_ceph_peer() {
	require_mount_namespace 14.2
	[[ -d $toolchain ]] || build_toolchain
	mkdir -p -- "$toolchain/source"
	cp -- "$own_parts/ceph-peer.cc" "$own_parts/ceph_14_2.h" "$toolchain/source"
	# The daemons have tcmalloc too.
	chroot "$toolchain" sh -c "cd /source && g++ -std=c++17 -O2 -Wall -Wextra -pthread -o ceph-peer ceph-peer.cc \
		-L$ceph_libraries -Wl,-rpath,$ceph_libraries -l:libceph-common.so.0 -lrados -Wl,--no-as-needed -l:libtcmalloc.so.4" >&2 ||
		fail "ceph-peer does not compile"
	mv -- "$toolchain/source/ceph-peer" "$programs/ceph-peer"
}

# build_toolchain leaves the folder of the tests as it is, and makes another one with a compiler and the public headers of Ceph.
build_toolchain() {
	say "getting a compiler"
	build_release 14.2 "$toolchain" "${ceph_packages[@]}" binutils g++ libradospp-dev
	mkdir -- "$toolchain/tmp"
}
