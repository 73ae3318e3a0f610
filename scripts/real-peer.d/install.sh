# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# Getting the daemons: Debian's packages of each release in a folder of its own, to chroot into.

readonly cache=${REAL_PEER_CACHE:-$(dirname -- "$here")/.cache}
readonly ceph_packages=(ceph-mon ceph-osd ceph-mgr ceph-common coreutils dash)

# The rows of the table of releases, by release, and the releases in the table's order.
declare -A suite_of=() messenger_of=() key_type_of=() keeps=()
releases=()
read_releases() {
	local name suite messenger key_type how
	while read -r name suite messenger key_type how; do
		[[ -n $name && $name != '#'* ]] || continue
		releases+=("$name")
		suite_of[$name]=$suite messenger_of[$name]=$messenger key_type_of[$name]=$key_type keeps[$name]=$how
	done <"$parts/releases"
}
read_releases
readonly releases suite_of messenger_of key_type_of keeps

folder_of() { printf '%s/ceph-%s' "$cache" "$1"; }

command_install() {
	local wanted=("${releases[@]}")
	while (($#)); do
		case $1 in
		--release)
			option_value "$@"
			[[ $2 == all ]] || { known_release "$2" && wanted=("$2"); }
			shift
			;;
		*) fail "install: unknown argument '$1'" ;;
		esac
		shift
	done
	command -v jq >/dev/null || install_packages jq
	if ((${#wanted[@]} > 1)); then
		install_side_by_side
	else
		install_release "${wanted[0]}"
		say "${wanted[0]} is ready"
	fi
}

# install_side_by_side gets every release, each by a run of this script which ends with this one. That a suite has moved
# on is said, and is no failure.
install_side_by_side() {
	local release status ended=0
	local -A runs=()
	for release in "${releases[@]}"; do
		[[ ${keeps[$release]} == stays ]] || continue
		setpriv --pdeathsig TERM "$here/real-peer" install --release "$release" &
		runs[$release]=$!
	done
	for release in "${!runs[@]}"; do
		status=0
		wait "${runs[$release]}" || status=$?
		case $status in
		0 | "$exit_gone") ;;
		3) ((ended)) || ended=3 ;;
		*) ended=1 ;;
		esac
	done
	return "$ended"
}

known_release() {
	[[ -n ${suite_of[$1]:-} ]] || fail "no release '$1' here; there are ${releases[*]}"
}

# have_release RELEASE looks only, installs nothing and is quick.
have_release() { command -v jq >/dev/null && [[ -d $(folder_of "$1") ]]; }

# require_release ends the script unless clusters of that release can be started now.
require_release() {
	[[ $EUID == 0 ]] || cannot_be_had "only root can run the daemons"
	have_release "$1" || {
		[[ ! -e $(folder_of "$1").gone ]] || gone "$1"
		cannot_be_had "Ceph $1 is not installed; '$program install --release $1' as root on Debian gets it"
	}
	require_mount_namespace "$1"
}

require_mount_namespace() {
	unshare --mount true 2>/dev/null ||
		cannot_be_had "Ceph $1 needs a mount namespace and this machine does not allow one"
}

# install_release makes the folder under another name and renames it when it is whole, so that an interrupted run leaves
# nothing that looks ready. Two runs for one release wait for each other.
install_release() {
	have_release "$1" && return
	debian_with_apt
	require_mount_namespace "$1"
	mkdir -p -- "$cache"
	local folder lock
	folder=$(folder_of "$1")
	exec {lock}>"$folder.lock"
	flock "$lock"
	have_release "$1" || build_release "$1" "$folder" "${ceph_packages[@]}"
	exec {lock}<&-
}

# build_release RELEASE FOLDER PACKAGE...
build_release() {
	local folder=$2 status=0
	# However this script ends, the processes and the mounts of the build end with it.
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
		bash "$parts/build-folder" "$folder.partial" "$1" "${suite_of[$1]}" "$(debian_mirror)" "${@:3}" \
		>"$folder.log" 2>&1 || status=$?
	if [[ $status == 3 ]]; then
		tail -n 1 -- "$folder.log" >"$folder.gone"
		[[ ${keeps[$1]} != moves ]] || gone "$1"
	fi
	if [[ $status != 0 ]]; then
		tail -n 20 -- "$folder.log" >&2
		fail "the folder for $1 could not be made"
	fi
	rm -f -- "$folder.log" "$folder.gone"
	mv -- "$folder.partial" "$folder"
}

# gone ends the script because Debian no longer has a release, which nobody here can help.
gone() {
	say "cannot be had any more: Ceph $1: $(<"$(folder_of "$1").gone")"
	exit "$exit_gone"
}

debian_with_apt() {
	[[ $EUID == 0 ]] || cannot_be_had "installing needs root"
	[[ $(os_release ID) == debian ]] || cannot_be_had "this is not Debian"
	command -v apt-get >/dev/null || cannot_be_had "there is no apt-get"
}

os_release() { (. /etc/os-release 2>/dev/null && eval "printf '%s' \"\${$1:-}\""); }

# install_packages installs on this machine. The lists are fetched first if they lack a
# package, and once more if they turn out to be out of date.
install_packages() {
	debian_with_apt
	local lock
	exec {lock}</etc/apt
	flock "$lock"
	{
		apt-cache show "$@" >/dev/null 2>&1 || apt-get -q update || true
		apt_install "$@" || { apt-get -q update && apt_install "$@"; } ||
			fail "apt-get could not install: $*"
	} {lock}<&- >&2
	exec {lock}<&-
}

apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
		install --no-install-recommends "$@"
}

# debian_mirror prints where this machine's apt gets Debian itself from.
debian_mirror() {
	local uri suite label
	# shellcheck disable=SC2016 # the format is expanded by apt
	while IFS='|' read -r uri suite label; do
		if [[ $uri == http*://* && $suite != *-* && ${label:-Debian} == Debian ]]; then
			printf '%s\n' "$uri"
			return
		fi
	done < <(apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(LABEL)' 'Created-By: Packages' 'COMPONENT: main')
	printf 'http://deb.debian.org/debian\n'
}
