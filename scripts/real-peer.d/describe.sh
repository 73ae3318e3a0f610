# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# The JSON object that says what a cluster is. real-peer.json is there when, and only
# when, a start has come to its end.

# describe_settings writes what never changes, for describe to complete.
describe_settings() {
	local i
	for ((i = 0; i < mons; i++)); do echo "mon $(mon_name "$i") $(mon_address "$i")"; done >"$dir/daemons"
	for ((i = 0; i < osds; i++)); do echo "osd osd.$i"; done >>"$dir/daemons"
	! ((mgr)) || echo "mgr mgr.x" >>"$dir/daemons"
	jq -n -R --arg dir "$dir" --arg release "$release" --arg auth "$auth" --arg fsid "$fsid" \
		--arg conf "$conf" --argjson inject "$inject" '
		[inputs / " "] as $daemons
		| def named($kind): $daemons[] | select(.[0] == $kind) | {name: .[1]};
		{
			$dir, $release, $auth, $fsid, $conf,
			keyring: (if $auth == "cephx" then $dir + "/keyring" else null end),
			$inject,
			mons: [$daemons[] | select(.[0] == "mon") | {name: .[1], addr: .[2], nonce: 0}],
			osds: [named("osd") | . + {id: (.name | ltrimstr("osd.") | tonumber)}],
			mgr: (first(named("mgr")) // null),
		}' <"$dir/daemons" >"$dir/settings.json"
	rm -- "$dir/daemons"
}

# describe writes real-peer.json anew: the addresses as the maps have them, the pids as
# they are. An address that the maps write as 127.0.0.1:20001/4711 becomes addr and nonce.
describe() {
	local osdmap='{}' mgrmap='{}'
	! ((osds)) || osdmap=$(peer ceph osd dump -f json 2>/dev/null)
	! ((mgr)) || mgrmap=$(peer ceph mgr dump -f json 2>/dev/null)
	jq --argjson osdmap "$osdmap" --argjson mgrmap "$mgrmap" '
		def addr: . / "/" | {addr: .[0], nonce: (.[1] | tonumber)};
		.osds |= map(. as $osd | . + ($osdmap.osds[] | select(.osd == $osd.id) | (.public_addr | addr) + {
			cluster_addr: (.cluster_addr | addr.addr),
			heartbeat_back_addr: (.heartbeat_back_addr | addr.addr),
			heartbeat_front_addr: (.heartbeat_front_addr | addr.addr),
		}))
		| if .mgr then .mgr += ($mgrmap.active_addr | addr) else . end' \
		"$dir/settings.json" | with_processes >"$dir/real-peer.json.new"
	mv -- "$dir/real-peer.json.new" "$dir/real-peer.json"
}

# with_processes puts the pids of this moment into an object.
with_processes() {
	jq --arg running "$(running)" '
		([$running / "\n" | .[] | select(. != "") / " " | {key: .[0], value: (.[1] | tonumber)}] | from_entries) as $pids
		| .dir as $dir
		| def process: . + {pid: $pids[.name], log: "\($dir)/log/\(.name).log"};
		.mons |= map(process) | .osds |= map(process) | if .mgr then .mgr |= process else . end'
}

command_status() {
	local wanted='' json=0
	while (($#)); do
		case $1 in
		--dir) option_value "$@" && wanted=$2 && shift ;;
		--json) json=1 ;;
		*) fail "status: unknown argument '$1'" ;;
		esac
		shift
	done
	if [[ -n $wanted ]]; then
		open_cluster "$wanted"
		show_status "$json"
		return
	fi
	local one all=()
	mapfile -t all < <(registered_dirs)
	for one in "${all[@]}"; do
		if [[ -e $one/real-peer.json ]]; then
			open_cluster "$one"
			show_status "$json"
		else
			say "$one: not started yet, or its start was cut off"
		fi
	done | if ((json)); then jq -s .; else cat; fi
}

show_status() {
	with_processes <"$dir/real-peer.json" | if (($1)); then cat; else
		jq -r '
			"\(.dir)  release \(.release), auth \(.auth)",
			([.mons[], .osds[], (.mgr // empty)][] | "  \(.name)\t\(.addr)\t\(if .pid then "pid \(.pid)" else "down" end)")'
	fi
}
