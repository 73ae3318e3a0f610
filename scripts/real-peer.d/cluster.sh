# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# A cluster from its start to its end.

auth=none fsid='' mons=1 osds=0 mgr=0 inject=0 settings=() first_port=0

# open_cluster DIR makes a cluster that was started the one to work on.
open_cluster() {
	dir=$(realpath -m -- "$1")
	[[ -e $dir/real-peer.json ]] || fail "no cluster in $dir"
	local known
	known=$(jq -r '[.release, .auth, .inject, (.mons | length), (.osds | length), if .mgr then 1 else 0 end] | join(" ")' "$dir/real-peer.json")
	read -r release auth inject mons osds mgr <<<"$known"
	use_release "$release" "$dir"
}

command_start() {
	local wanted='' new_dir='' while_pid=''
	while (($#)); do
		case $1 in
		--mgr)
			mgr=1
			shift
			continue
			;;
		--release | --auth | --osds | --mons | --dir | --inject | --set | --while | --timeout) option_value "$@" ;;
		*) fail "start: unknown argument '$1'" ;;
		esac
		case $1 in
		--release) known_release "$2" && wanted=$2 ;;
		--auth) known_auth "$2" && auth=$2 ;;
		--osds) count_value "$1" "$2" 0 && osds=$((10#$2)) ;;
		--mons) count_value "$1" "$2" 1 && mons=$((10#$2)) ;;
		--dir) new_dir=$2 ;;
		--inject) count_value "$1" "$2" 0 && inject=$((10#$2)) ;;
		--set) is_setting "$2" && settings+=("$2") ;;
		--while) running_process "$2" && while_pid=$2 ;;
		--timeout) count_value "$1" "$2" 1 && timeout=$((10#$2)) ;;
		esac
		shift 2
	done
	[[ -n $wanted ]] || fail "start wants --release, one of ${releases[*]}"
	((mons <= ${#mon_letters})) || fail "at most ${#mon_letters} mons"
	require_release "$wanted"
	new_folder "$new_dir"
	use_release "$wanted" "$dir"

	# Until all is up, any end of this script takes everything with it.
	trap 'trap - EXIT; discard' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	register "$dir" "$(port_count)"
	mkdir -- "$dir/run" "$dir/log"
	[[ -z $while_pid ]] || watch_process "$while_pid"
	bring_up >"$dir/log/start.out"
	describe
	trap - EXIT INT TERM HUP
	cat -- "$dir/real-peer.json"
}

known_auth() { [[ $1 == none || $1 == cephx ]] || fail "--auth wants none or cephx, not '$1'"; }
is_setting() {
	[[ $1 == *=* && $1 != *$'\n'* ]] || fail "--set wants 'option = value', not '$1'"
	# "start" reads in the log that a daemon is ready.
	! [[ $(option_of "$1") =~ ^debug_(mon|osd|mgr)$ && ${1#*=} =~ ^[[:blank:]]*0 ]] || fail "--set '$1' would hide when a daemon is ready"
}
running_process() { [[ $1 =~ ^[0-9]+$ && -d /proc/$1 ]] || fail "--while wants the id of a process, not '$1'"; }

# new_folder [DIR] sets dir. The daemons' sockets are in it and the kernel takes no longer
# names than 107 bytes; the conf's syntax limits the characters.
new_folder() {
	if [[ -z $1 ]]; then
		dir=$(mktemp -d -- "${TMPDIR:-/tmp}/real-peer.XXXXXXXX")
		dir=$(realpath -- "$dir")
	else
		dir=$(realpath -m -- "$1")
		[[ ! -e $dir ]] || [[ -d $dir && -z $(ls -A -- "$dir") ]] || fail "$dir is not an empty folder"
		mkdir -p -- "$dir"
	fi
	if ((${#dir} > 90)) || ! [[ $dir =~ ^/[A-Za-z0-9/._+@-]+$ ]]; then
		rmdir -- "$dir"
		fail "the folder's path must have at most 90 characters, letters, digits and /._+@- only: $dir"
	fi
}

bring_up() {
	local i name began=$SECONDS
	read -r fsid </proc/sys/kernel/random/uuid
	write_conf
	describe_settings
	# "ceph ping" of 20.2 wants a keyring file even where nobody needs a key.
	if [[ $auth == cephx ]]; then write_keyring; else : >"$dir/keyring"; fi
	write_monmap
	bring_up_mons
	if ((mgr)); then
		mkdir -- "$dir/mgr.x"
		choose_mgr_modules
		launch mgr.x
	fi
	bring_up_osds
	! ((mgr)) || wait_for mgr.x
	for name in "${!children[@]}"; do inject_faults "$name"; done
	say "$release is up in $dir after $((SECONDS - began)) s"
}

# A mgr imports every module that it finds, which takes it five to ten seconds of a processor, to run those that are always on.
choose_mgr_modules() {
	local module
	mkdir -- "$dir/mgr-modules"
	for module in mgr_module mgr_util orchestrator object_format; do
		ln -s "/usr/share/ceph/mgr/$module.py" "$dir/mgr-modules"
	done
	for module in balancer crash devicehealth orchestrator orchestrator_cli pg_autoscaler progress rbd_support status telemetry volumes; do
		ln -s "/usr/share/ceph/mgr/$module" "$dir/mgr-modules"
	done
	# Debian 13's bcrypt can be imported by one of the modules' interpreters only. They need it for passwords, of which there are none.
	: >"$dir/mgr-modules/bcrypt.py"
}

bring_up_mons() {
	local i name keys=()
	[[ $auth == none ]] || keys=(--keyring "$dir/keyring")
	for ((i = 0; i < mons; i++)); do
		name=$(mon_name "$i")
		mkdir -- "$dir/$name"
		make_store "$name" peer ceph-mon --mkfs -i "${name#*.}" --monmap "$dir/monmap" "${keys[@]}"
	done
	wait_for_stores
	for ((i = 0; i < mons; i++)); do launch "$(mon_name "$i")"; done
	for ((i = 0; i < mons; i++)); do wait_for "$(mon_name "$i")"; done
}

bring_up_osds() {
	local i uuid commands=
	((osds)) || return 0
	for ((i = 0; i < osds; i++)); do
		mkdir -- "$dir/osd.$i"
		read -r uuid </proc/sys/kernel/random/uuid
		make_store "osd.$i" peer ceph-osd -i "$i" --mkfs --osd-uuid "$uuid"
		# "osd new" gives the ids in turn. An OSD that adds itself to the crush map at its start often ends at once: with
		# auth none it may send the command before it knows the cluster's fsid ("wrong fsid").
		commands+="osd new $uuid"$'\n'"osd crush add osd.$i 0.001 root=default host=localhost"$'\n'
	done
	# One ceph for all of them: it takes longer to start than to ask. What it reads from its input it carries out to the end, whatever fails.
	if ! peer ceph <<<"$commands" >"$dir/log/osd-new.out" 2>&1 || grep -qE '^Error' "$dir/log/osd-new.out"; then
		fail_with_log osd-new "the osds could not be made known"
	fi
	wait_for_stores
	for ((i = 0; i < osds; i++)); do launch "osd.$i"; done
	for ((i = 0; i < osds; i++)); do wait_for "osd.$i"; done
}

declare -A stores=()

# make_store NAME COMMAND... makes a daemon's store in the background.
make_store() {
	"${@:2}" >"$dir/log/$1.out" 2>&1 &
	stores[$1]=$!
}

wait_for_stores() {
	local name
	for name in "${!stores[@]}"; do
		wait "${stores[$name]}" || fail_with_log "$name" "the store of $name could not be made"
	done
	stores=()
}

# watch_process PID: a test that is killed cannot stop its cluster, so somebody else does.
watch_process() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	setsid bash -c 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; exec "$2" stop --dir "$3"' \
		"$program" "$1" "$here/real-peer" "$dir" </dev/null >/dev/null 2>&1 &
	echo $! >"$dir/watcher"
}

end_watcher() {
	local pid
	read -r pid 2>/dev/null <"$dir/watcher" || return 0
	if [[ $pid != "$$" ]] && grep -qzxF -- "$dir" "/proc/$pid/cmdline" 2>/dev/null; then
		kill -s KILL -- "-$pid" || true
	fi
}

# discard ends the cluster in dir and leaves nothing of it.
discard() {
	disown -a # what is killed now is no news
	end_watcher
	end_all
	rm -rf --one-file-system -- "$dir"
	unregister "$dir"
}

command_stop() {
	case ${1:-} in
	--dir) [[ $# -eq 2 ]] && stop_cluster "$2" && return ;;
	--all)
		local one all=()
		mapfile -t all < <(registered_dirs)
		for one in "${all[@]}"; do stop_cluster "$one"; done
		return
		;;
	esac
	fail "usage: $program stop --dir DIR | --all"
}

# Only folders that start has made are removed.
stop_cluster() {
	[[ $EUID == 0 ]] || cannot_be_had "only root can run the daemons"
	dir=$(realpath -m -- "$1") conf=$(realpath -m -- "$1")/ceph.conf
	is_registered "$dir" || fail "no cluster in $dir"
	discard
}
