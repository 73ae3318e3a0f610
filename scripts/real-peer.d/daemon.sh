# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# One daemon: start it, wait for it, find it, end it. A daemon is found by its command
# line, which names the conf; so pids never go stale and no daemon is forgotten, whoever
# started it again.

timeout=120
declare -A children=() # name -> pid, of the daemons that this run of the script started

# users_of_conf prints the pids of all processes that were given the conf: daemons, and
# clients that "exec" started.
users_of_conf() {
	local file words i
	while read -r file; do
		mapfile -d '' -t words 2>/dev/null <"$file" || continue
		for ((i = 1; i < ${#words[@]}; i++)); do
			[[ ${words[i]} == "$conf" && ${words[i - 1]} == -c ]] || continue
			file=${file#/proc/}
			echo "${file%/cmdline}"
			break
		done
	done < <(grep -lzxF -- "$conf" /proc/[0-9]*/cmdline 2>/dev/null)
}

# running prints "NAME PID" for each daemon.
running() {
	local pid words count
	for pid in $(users_of_conf); do
		mapfile -d '' -t words 2>/dev/null <"/proc/$pid/cmdline" || continue
		count=${#words[@]}
		# ... ceph-TYPE -c CONF -i ID -f
		if [[ $count -ge 6 && ${words[count - 1]} == -f && ${words[count - 3]} == -i &&
			${words[count - 6]} =~ ^ceph-(mon|osd|mgr)$ ]]; then
			echo "${BASH_REMATCH[1]}.${words[count - 2]} $pid"
		fi
	done
}

pid_of() { running | while read -r name pid; do [[ $name != "$1" ]] || echo "$pid"; done; }

known_daemon() {
	jq -e --arg name "$1" '[.mons[], .osds[], (.mgr // empty)] | any(.name == $name)' "$dir/real-peer.json" >/dev/null ||
		fail "no daemon '$1' in $dir; there are: $(jq -r '[.mons[], .osds[], (.mgr // empty)] | map(.name) | join(", ")' "$dir/real-peer.json")"
}

declare -A logged=() # name -> size of its log when it was started

# launch NAME. The daemon leads its own session: no terminal and no caller's pipe is
# left in it, and an interrupt at the keyboard is not for it.
launch() {
	logged[$1]=$(stat -c %s -- "$dir/log/$1.log" 2>/dev/null || echo 0)
	(
		cd /
		ulimit -c 0
		exec setsid "${enter[@]}" "ceph-${1%%.*}" -c "$conf" -i "${1#*.}" -f </dev/null >>"$dir/log/$1.out" 2>&1
	) &
	children[$1]=$!
}

# has_logged NAME REGEXP: since its start. Not by a pipe: grep ends when it has found it, and a tail that has more to say would fail the whole.
has_logged() { grep -qE -- "$2" < <(tail -c "+$((logged[$1] + 1))" -- "$dir/log/$1.log" 2>/dev/null); }

# wait_for NAME waits until the daemon takes part in the cluster, by what it logs: to ask it takes a program in Python, which
# needs longer to start than most daemons. So the log has to have what it has at Ceph's own levels.
wait_for() {
	local name=$1 began=$SECONDS
	until has_logged "$name" "${ready[${name%%.*}]}" && { [[ $name != mgr.* ]] || mgr_is_available; }; do
		kill -0 "${children[$name]}" 2>/dev/null ||
			fail_with_log "$name" "$name ended with status $(exit_status "$name") instead of becoming ready"
		((SECONDS - began < timeout)) || fail_with_log "$name" "$name was not ready after $timeout s"
		sleep 0.05
	done
}

exit_status() { if wait "${children[$1]}"; then echo 0; else echo $?; fi; }

# admin NAME COMMAND... asks a daemon by its admin socket, once that is there.
admin() {
	[[ -S $dir/run/$1.asok ]] && peer ceph --admin-daemon "$dir/run/$1.asok" "${@:2}" 2>/dev/null
}

declare -A ready=(
	[mon]='@[0-9]+[(](leader|peon)[)]'
	[osd]='state: booting -> active'
	[mgr]='I am now activating'
)

# The map may still have the process before this one; its global id, which is in former_mgr then, tells them apart. (The
# nonce is the process id up to 16.2 only.)
former_mgr=0
mgr_is_available() {
	peer ceph mgr dump -f json 2>/dev/null |
		jq -e --argjson former "$former_mgr" '.available and .active_gid != $former' >/dev/null || { sleep 0.3; false; }
}

fail_with_log() {
	say "$2"
	local file
	for file in "$dir/log/$1.out" "$dir/log/$1.log"; do
		[[ ! -s $file ]] || { say "end of ${file##*/}:" && tail -n 20 -- "$file" | cut -c -300 | sed 's/^/    /' >&2; }
	done
	exit 1
}

# end_daemon NAME SIGNAL
end_daemon() {
	local pid began=$SECONDS
	for pid in $(pid_of "$1"); do kill -s "$2" "$pid" 2>/dev/null || true; done
	while [[ -n $(pid_of "$1") ]]; do
		((SECONDS - began < 30)) || return 1
		sleep 0.02
	done
}

# end_all ends daemons and clients without ado; nothing of theirs is kept.
end_all() {
	local pids began=$SECONDS
	while pids=$(users_of_conf) && [[ -n $pids ]]; do
		((SECONDS - began < 30)) || fail "these processes do not end: ${pids//$'\n'/ }"
		# shellcheck disable=SC2086 # a list of numbers
		kill -s KILL $pids 2>/dev/null || true
		sleep 0.02
	done
}

inject_faults() {
	[[ $inject == 0 ]] || admin "$1" config set ms_inject_socket_failures "$inject" >/dev/null ||
		fail_with_log "$1" "$1 did not take ms_inject_socket_failures"
}

command_log() {
	[[ ${1:-} == --dir && $# -eq 3 ]] || fail "usage: $program log --dir DIR DAEMON"
	open_cluster "$2"
	known_daemon "$3"
	cat -- "$dir/log/$3.log"
}

command_kill() {
	[[ ${1:-} == --dir && ($# -eq 3 || $# -eq 4) ]] || fail "usage: $program kill --dir DIR DAEMON [SIGNAL]"
	open_cluster "$2"
	known_daemon "$3"
	local signal=${4:-TERM} pid
	kill -l "${signal#SIG}" >/dev/null 2>&1 || fail "no signal '$signal'"
	[[ $signal != [0-9]* ]] || signal=$(kill -l "$signal")
	signal=${signal#SIG}
	pid=$(pid_of "$3")
	[[ -n $pid ]] || fail "$3 does not run"
	case $signal in
	TERM | KILL | INT | QUIT | ABRT | SEGV)
		end_daemon "$3" "$signal" || fail "$3 runs on 30 s after SIG$signal"
		;;
	*) kill -s "$signal" "$pid" ;;
	esac
}

command_restart() {
	[[ ${1:-} == --dir && $# -eq 3 ]] || fail "usage: $program restart --dir DIR DAEMON"
	open_cluster "$2"
	known_daemon "$3"
	require_release "$release"
	[[ $3 != mgr.* ]] || former_mgr=$(peer ceph mgr dump -f json 2>/dev/null | jq .active_gid)
	end_daemon "$3" TERM || end_daemon "$3" KILL || fail "$3 does not end"
	rm -f -- "$dir/run/$3.asok"
	launch "$3"
	wait_for "$3"
	inject_faults "$3"
	describe
}
