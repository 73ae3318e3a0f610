# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# Ours and theirs in turn, on one processor.

readonly compare_kinds=(go pooled events events_pooled simple async)

command_compare() {
	local rounds=5 duration=1 sizes=() concurrencies=() round size concurrency kind
	while (($#)); do
		case $1 in
		--rounds) option_value "$@" && count_value "$1" "$2" 1 && rounds=$2 ;;
		--duration) option_value "$@" && count_value "$1" "$2" 1 && duration=$2 ;;
		--size) option_value "$@" && count_value "$1" "$2" 0 && sizes+=("$2") ;;
		--concurrency) option_value "$@" && count_value "$1" "$2" 1 && concurrencies+=("$2") ;;
		*) fail "compare: unknown argument '$1'" ;;
		esac
		shift 2
	done
	[[ ${#sizes[@]} -gt 0 ]] || sizes=(0 4096 65536)
	[[ ${#concurrencies[@]} -gt 0 ]] || concurrencies=(1 32)
	command_build
	open_run
	pin_to_processor 0
	for size in "${sizes[@]}"; do
		for concurrency in "${concurrencies[@]}"; do
			for ((round = 1; round <= rounds; round++)); do
				for kind in "${compare_kinds[@]}"; do
					compare_once "$kind" "$size" "$concurrency" "$duration" "$round"
				done
			done
			say "$size bytes, $concurrency in flight: done"
		done
	done >"$run_folder/results"
	printf 'Client and server of one kind, both on processor 0, in turn, %d rounds of %d s; %s.\n' \
		"$rounds" "$duration" "$("$programs/simplemsgr" --version 2>/dev/null || go env GOVERSION)"
	printf 'Figures are min / median / max; ratios are simplemsgr to C++, round by round: median (min-max).\n\n'
	compare_table <"$run_folder/results"
}

# compare_once KIND SIZE CONCURRENCY DURATION ROUND prints one result.
compare_once() {
	local before result ops opening rate client server
	start_server "$1"
	before=$(server_cpu)
	result=$(run_client "$1" "$2" "$3" --duration "$4s") || fail "$(kind_name "$1"): $(tail -n 3 -- "$run_folder/client.err")"
	read -r ops opening rate client <<<"$result"
	server=$(awk -v ticks=$(($(server_cpu) - before)) -v hertz="$(getconf CLK_TCK)" -v ops=$((ops + opening)) 'BEGIN { print ticks / hertz * 1e6 / ops }')
	stop_server
	printf '%s %s %s %s %s %s %s\n' "$2" "$3" "$5" "$1" "$rate" "$client" "$server"
}

compare_table() {
	awk '
	function sorted(from, n,    i, j, t) {
		for (i = 1; i <= n; i++) s[i] = from[i]
		for (i = 2; i <= n; i++) {
			t = s[i]
			for (j = i - 1; j >= 1 && s[j] > t; j--) s[j + 1] = s[j]
			s[j + 1] = t
		}
	}
	function median(n) { return n % 2 ? s[(n + 1) / 2] : (s[n / 2] + s[n / 2 + 1]) / 2 }
	function collect(table, load, kind,    i) {
		for (i = 1; i <= rounds; i++) v[i] = table[load, i, kind]
		sorted(v, rounds)
	}
	function spread(load, kind) {
		collect(rate, load, kind)
		return sprintf("%.0f / %.0f / %.0f", s[1], median(rounds), s[rounds])
	}
	function ratio(load, kind, other,    i) {
		for (i = 1; i <= rounds; i++) v[i] = rate[load, i, kind] / rate[load, i, other]
		sorted(v, rounds)
		return sprintf("%.2f (%.2f-%.2f)", median(rounds), s[1], s[rounds])
	}
	function cpu(load, kind,    c) {
		collect(client, load, kind)
		c = median(rounds)
		collect(server, load, kind)
		return sprintf("%.1f + %.1f", c, median(rounds))
	}
	function line(a, b, c, d, e, f) { printf "%-13s %-18s %-27s %-17s %-17s %s\n", a, b, c, d, e, f }
	{
		load = $1 " B x " $2
		if (!(load in seen)) { seen[load] = 1; loads[++n] = load }
		if ($3 > rounds) rounds = $3
		rate[load, $3, $4] = $5; client[load, $3, $4] = $6; server[load, $3, $4] = $7
	}
	END {
		split("go pooled events events_pooled simple async", kinds, " ")
		split("blocking|blocking --pool|event|event --pool|C++ simple|C++ async", names, "|")
		line("load", "messenger", "requests per second", "to C++ simple", "to C++ async", "CPU us, client + server")
		for (i = 1; i <= n; i++)
			for (k = 1; k <= 6; k++)
				line(k == 1 ? loads[i] : "", names[k], spread(loads[i], kinds[k]), k < 5 ? ratio(loads[i], kinds[k], "simple") : "", \
					k < 5 ? ratio(loads[i], kinds[k], "async") : "", cpu(loads[i], kinds[k]))
	}'
}
