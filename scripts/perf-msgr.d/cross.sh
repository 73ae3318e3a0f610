# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# Each of theirs against each of ours.

command_cross() {
	local ops=2000 size concurrency pair failed=0
	while (($#)); do
		case $1 in
		--ops) option_value "$@" && count_value "$1" "$2" 1 && ops=$2 && shift ;;
		*) fail "cross: unknown argument '$1'" ;;
		esac
		shift
	done
	command_build
	open_run
	printf 'Requests per second, in one run of %d requests each:\n\n' "$ops"
	printf '%-12s %-12s' server client
	for size in 0 4096 65536; do
		for concurrency in 1 32; do printf '%14s' "$size B x $concurrency"; done
	done
	printf '\n'
	for pair in 'simple go' 'async go' 'go simple' 'go async'; do
		# shellcheck disable=SC2086 # two words
		cross_pair $pair "$ops" || failed=1
	done
	((!failed)) || fail "not all have crossed"
	printf '\nAll have crossed: each request was answered once, and all data has arrived.\n'
}

# cross_pair SERVER CLIENT OPS prints one row of the table.
cross_pair() {
	local size concurrency bad=0
	printf '%-12s %-12s' "$(kind_name "$1")" "$(kind_name "$2")"
	for size in 0 4096 65536; do
		for concurrency in 1 32; do
			if cross_once "$1" "$2" "$3" "$size" "$concurrency"; then
				printf '%14.0f' "$crossed_rate"
			else
				printf '%14s' FAILED
				bad=1
			fi
		done
	done
	printf '\n'
	return "$bad"
}

crossed_rate='' # requests per second of the last run

# cross_once SERVER CLIENT OPS SIZE CONCURRENCY sets crossed_rate, or fails and says why.
cross_once() {
	local what result done_ops before rest
	what="$(kind_name "$1") <- $(kind_name "$2"), $4 bytes, $5 in flight"
	start_server "$1"
	result=$(run_client "$2" "$4" "$5" --ops "$3") || {
		say "$what: the client failed: $(tail -n 3 -- "$run_folder/client.err")"
		stop_server
		return 1
	}
	stop_server
	read -r done_ops before crossed_rate rest <<<"$result"
	if [[ $done_ops != "$3" ]]; then
		say "$what: $done_ops of $3 requests were answered"
		return 1
	fi
	# Ours does not count for others; its client's count is the check.
	if [[ $1 != go ]] && ! grep -qx "answered $((done_ops + before)) requests with $(((done_ops + before) * $4)) bytes of data" "$run_folder/server"; then
		say "$what: $((done_ops + before)) requests were sent, but the server $(tail -n 1 -- "$run_folder/server")"
		return 1
	fi
}
