# shellcheck shell=bash
# Steps, and lanes of them that run side by side. A step's output appears when it has ended, in one piece.

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
export work
lane=main

# processor: sets spent to the seconds of processor that the lane's children have had. In a subshell it would be those of the subshell's.
processor() {
	times >"$work/$lane.times"
	spent=$(tr 'ms' '  ' <"$work/$lane.times" | awk 'NR == 2 { printf "%d", 60 * ($1 + $3) + $2 + $4 }')
}

# step NAME COMMAND...: runs a part and remembers how it ended, and what it took: seconds, and seconds of processor.
step() {
	local name=$1 start=$SECONDS verdict=ok before spent
	processor
	before=$spent
	shift
	local log=$work/$lane.log
	if ! "$@" >"$log" 2>&1; then
		verdict=FAILED
		touch "$work/failed"
	fi
	processor
	printf '%-7s %s (%d s, %d s of processor)\n' "$verdict" "$name" "$((SECONDS - start))" "$((spent - before))" >>"$work/$lane.report"
	{
		flock 9
		printf '\n== %s: %s, %d s\n' "$name" "$verdict" "$((SECONDS - start))"
		cat "$log"
	} 9>"$work/print"
	return 0
}

# skipped TEXT: remembers what was not run, and why.
skipped() { printf 'SKIPPED %s\n' "$1" >>"$work/$lane.report"; }

# run_lanes FUNCTION...: runs each, at once, and waits for all.
run_lanes() {
	local function pids=()
	for function in "$@"; do
		(
			lane=$function
			"$function"
		) &
		pids+=($!)
	done
	# An interrupt must not leave daemons and tests behind.
	trap 'kill "${pids[@]}" 2>/dev/null; wait; rm -rf -- "$work"; exit 130' INT TERM
	local pid
	for pid in "${pids[@]}"; do
		wait "$pid" || touch "$work/failed"
	done
	trap - INT TERM
}
