# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# One server and one client, each ours or theirs. A kind is go, pooled (go with a pool), events, events_pooled (the
# event engine), simple or async (theirs).

run_folder='' # of this run: logs and results
server_pid=''
server_address=''
pin=() # words before a command that keep it on one processor
ours=()

open_run() {
	run_folder=$(mktemp -d)
	trap close_run EXIT
	trap 'exit 1' INT TERM
}

close_run() {
	[[ -z $server_pid ]] || { kill -KILL "$server_pid" && wait "$server_pid"; } 2>/dev/null || true
	rm -rf -- "$run_folder"
}

pin_to_processor() {
	pin=(taskset -c "$1")
	ours=(--cpu "$1")
}

kind_name() {
	case $1 in
	go) echo 'simplemsgr' ;;
	pooled) echo 'simplemsgr --pool' ;;
	events) echo 'simplemsgr --engine async' ;;
	events_pooled) echo 'simplemsgr --engine async --pool' ;;
	*) echo "C++ $1" ;;
	esac
}

# words_of KIND END sets words to those that start that end.
words_of() {
	case $1 in
	go) words=("$programs/simplemsgr" bench "$2" "${ours[@]}") ;;
	pooled) words=("$programs/simplemsgr" bench "$2" "${ours[@]}" --pool) ;;
	events) words=("$programs/simplemsgr" bench "$2" "${ours[@]}" --engine async) ;;
	events_pooled) words=("$programs/simplemsgr" bench "$2" "${ours[@]}" --engine async --pool) ;;
	simple) words=("${their_command[@]}" "$2" --messenger simple) ;;
	async) words=("${their_command[@]}" "$2" --messenger async+posix) ;;
	esac
}
readonly their_command=(unshare --mount "$parts/enter-folder" "$(folder_of 14.2)" "$programs" ./ceph-peer)

# start_server KIND starts a server, and waits until it listens.
start_server() {
	local words=() i
	words_of "$1" server
	: >"$run_folder/server" # before the server does: what the last one said must not be taken for its word
	"${pin[@]}" "${words[@]}" --bind 127.0.0.1:0 >"$run_folder/server" 2>"$run_folder/server.err" &
	server_pid=$!
	for ((i = 0; i < 600; i++)); do
		server_address=$(sed -n 's/^listening on //p' "$run_folder/server")
		[[ -z $server_address ]] || return 0
		kill -0 "$server_pid" 2>/dev/null || break
		sleep 0.05
	done
	cat -- "$run_folder/server.err" >&2
	fail "the server does not listen: $(kind_name "$1")"
}

# stop_server ends the server; what it says at its end stays in the file server.
stop_server() {
	kill -TERM "$server_pid"
	wait "$server_pid" || true
	server_pid=''
}

# server_cpu prints the CPU time that the server has used so far, in clock ticks.
server_cpu() { awk '{ print $14 + $15 }' "/proc/$server_pid/stat"; }

# run_client KIND SIZE CONCURRENCY OPTION... prints: requests in the window, requests before it, requests per
# second, CPU time of the client in µs per request.
run_client() {
	local words=() kind=$1 size=$2 concurrency=$3
	shift 3
	words_of "$kind" client
	case $kind in
	go | pooled | events | events_pooled) words+=(--json) ;;
	esac
	timeout --kill-after 5 60 "${pin[@]}" "${words[@]}" --server "$server_address" --size "$size" --concurrency "$concurrency" \
		--warmup 0s "$@" 2>"$run_folder/client.err" >"$run_folder/client" || return
	# Ours opens its connection with one request, and does not count it.
	jq -r '[.ops, .before // 1, .ops_per_second // .ops_per_sec, .cpu_us_per_op // .client_cpu_us_per_op] | @tsv' "$run_folder/client"
}
