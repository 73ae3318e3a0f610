# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# Running the commands of a release. The rest of the script does not know that they live in
# another root: paths are the same on both sides.

release='' # one of the table
dir=''     # the cluster's folder
conf=''    # $dir/ceph.conf
enter=()   # the words that turn a command into one of the release

use_release() {
	release=$1 dir=$2 conf=$2/ceph.conf
	enter=(unshare --mount "$parts/enter-folder" "$(folder_of "$release")" "$dir")
}

# peer COMMAND [ARGUMENT]... runs a command of the release with the conf.
peer() {
	local command=$1 run=()
	shift
	[[ $command != ceph ]] || run=(ceph_again_if_early)
	"${run[@]}" "${enter[@]}" "$command" -c "$conf" "$@"
}

# ceph_again_if_early COMMAND... runs a ceph command line. ceph first asks the monitor for
# the commands that exist and may do so before it knows the cluster's fsid; it then ends
# with "wrong fsid" as its cause (one start in fifteen on a busy machine). Nothing has been
# asked of the cluster by then, so that it can be run again.
ceph_again_if_early() {
	local try errors status
	for ((try = 1; ; try++)); do
		status=0
		{ errors=$("$@" 2>&1 >&3); } 3>&1 || status=$?
		[[ $errors == *'EPERM: problem getting command descriptions'* && $try -lt 20 ]] || break
	done
	[[ -z $errors ]] || printf '%s\n' "$errors" >&2
	return "$status"
}

command_exec() {
	[[ ${1:-} == --dir && $# -ge 4 && $3 == -- ]] || fail "usage: $program exec --dir DIR -- COMMAND [ARGUMENT]..."
	open_cluster "$2"
	shift 3
	local words=("$@")
	case $1 in
	ceph | rados | rbd | ceph-authtool | ceph-conf | ceph-mon | ceph-osd | ceph-mgr | monmaptool | osdmaptool | crushtool)
		words=("$1" -c "$conf" "${@:2}")
		;;
	esac
	cd -- "$dir" || exit
	export CEPH_CONF=$conf
	[[ $1 != ceph ]] || {
		ceph_again_if_early "${enter[@]}" "${words[@]}"
		exit
	}
	exec "${enter[@]}" "${words[@]}"
}
