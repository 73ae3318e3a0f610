# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# Getting the daemons: 16.2 as packages of this machine, 14.2 as a folder to chroot into.

readonly cache=${REAL_PEER_CACHE:-$(dirname -- "$here")/.cache}
readonly bullseye=$cache/bullseye
readonly ceph_packages=(ceph-mon ceph-osd ceph-mgr ceph-common)
readonly ceph_commands=(ceph-mon ceph-osd ceph-mgr ceph ceph-authtool rados monmaptool)

command_install() {
	local releases=(16.2 14.2) release
	while (($#)); do
		case $1 in
		--release)
			option_value "$@"
			[[ $2 == all ]] || { known_release "$2" && releases=("$2"); }
			shift
			;;
		*) fail "install: unknown argument '$1'" ;;
		esac
		shift
	done
	for release in "${releases[@]}"; do
		install_tools
		"install_$release"
		say "$release is ready"
	done
}

known_release() {
	[[ $1 == 16.2 || $1 == 14.2 ]] || fail "no release '$1' here; there are 16.2 and 14.2"
}

# have_release RELEASE looks only, installs nothing and is quick.
have_release() {
	local command
	command -v jq >/dev/null || return 1
	case $1 in
	16.2)
		for command in "${ceph_commands[@]}"; do
			command -v "$command" >/dev/null || return 1
		done
		[[ $(ceph-mon --version 2>/dev/null) == 'ceph version 16.2.'* ]]
		;;
	14.2) [[ -x $bullseye/usr/bin/ceph-mon ]] ;;
	esac
}

# require_release ends the script unless clusters of that release can be started now.
require_release() {
	[[ $EUID == 0 ]] || cannot_be_had "only root can run the daemons"
	have_release "$1" ||
		cannot_be_had "Ceph $1 is not installed; '$program install --release $1' as root on Debian 12 gets it"
	[[ $1 != 14.2 ]] || require_mount_namespace
}

require_mount_namespace() {
	unshare --mount true 2>/dev/null ||
		cannot_be_had "Ceph 14.2 needs a mount namespace and this machine does not allow one"
}

install_tools() {
	command -v jq >/dev/null || install_packages jq
}

install_16.2() {
	have_release 16.2 && return
	debian_with_apt
	[[ $(os_release VERSION_CODENAME) == bookworm ]] ||
		cannot_be_had "Ceph 16.2 is in Debian 12 (bookworm) only"
	install_packages "${ceph_packages[@]}"
	have_release 16.2 || fail "the packages are installed but ceph-mon is not 16.2: $(ceph-mon --version 2>&1)"
}

# install_14.2 makes the folder under another name and renames it when it is whole, so
# that an interrupted run leaves nothing that looks ready. Starts wait at the lock.
install_14.2() {
	have_release 14.2 && return
	debian_with_apt
	require_mount_namespace
	command -v debootstrap >/dev/null || install_packages debootstrap
	mkdir -p -- "$cache"
	local lock
	exec {lock}<"$cache"
	flock "$lock"
	if ! have_release 14.2; then
		rm -rf --one-file-system -- "$bullseye" "$bullseye".partial
		# However this script ends, the processes and the mounts of the build end with it.
		setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
			bash "$parts/build-bullseye" "$bullseye.partial" "$(debian_mirror)" >&2 ||
			fail "the folder for 14.2 could not be made"
		mv -- "$bullseye.partial" "$bullseye"
	fi
	exec {lock}<&-
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
