# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# Which clusters there are on this machine and which ports each may bind. One file for
# each cluster, with two lines: its folder; its first port and their number. The folder
# is root's, so nobody else can name a folder for "stop" to remove.

readonly registry=/run/real-peer

# Far from the well-known ports, from Ceph's own (3300, 6789, 6800 to 7568) and from
# those that the kernel gives to clients (from 32768 on).
readonly lowest_port=20000 highest_port=31999

registry_file() {
	local sum
	sum=$(printf '%s' "$1" | sha1sum)
	printf '%s/%s' "$registry" "${sum:0:16}"
}

is_registered() { [[ -e $(registry_file "$1") ]]; }

# The lock is on the folder above, because the registry goes away with its last file.
lock_registry() {
	exec {registry_lock}<"${registry%/*}"
	flock "$registry_lock"
}

unlock_registry() { exec {registry_lock}<&-; }

# register DIR COUNT reserves COUNT neighbouring ports and sets first_port. Two starts at
# once get different ports although neither has bound any yet.
register() {
	local file attempt
	file=$(registry_file "$1")
	lock_registry
	(umask 077 && mkdir -p -- "$registry")
	find_taken_ports
	for ((attempt = 0; attempt < 1000; attempt++)); do
		first_port=$((lowest_port + RANDOM % (highest_port - lowest_port - $2)))
		if ports_are_free "$first_port" "$2"; then
			printf '%s\n%s %s\n' "$1" "$first_port" "$2" >"$file"
			unlock_registry
			return
		fi
	done
	fail "no $2 neighbouring ports are free between $lowest_port and $highest_port"
}

unregister() {
	lock_registry
	rm -f -- "$(registry_file "$1")"
	rmdir --ignore-fail-on-non-empty -- "$registry" 2>/dev/null || true
	unlock_registry
}

registered_dirs() {
	local file
	for file in "$registry"/*; do
		[[ ! -f $file ]] || head -n 1 -- "$file"
	done
}

declare -A taken_ports=()

# find_taken_ports takes the sockets of any state as well as the reservations.
find_taken_ports() {
	local address rest file first count port
	taken_ports=()
	while read -r _ address rest; do
		[[ $address != *:* ]] || taken_ports[$((16#${address##*:}))]=1
	done < <(tail -q -n +2 /proc/net/tcp /proc/net/tcp6 2>/dev/null)
	for file in "$registry"/*; do
		[[ -f $file ]] || continue
		{ read -r rest && read -r first count; } <"$file" || continue
		for ((port = first; port < first + count; port++)); do taken_ports[$port]=1; done
	done
}

ports_are_free() {
	local port
	for ((port = $1; port < $1 + $2; port++)); do
		[[ -z ${taken_ports[$port]:-} ]] || return 1
	done
}
