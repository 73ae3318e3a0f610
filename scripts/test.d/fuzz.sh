# shellcheck shell=bash
# Fuzzing: each package's instrumented tests are built once, and two targets run at a time, with one worker each.

# fuzz_one BINARY PACKAGE TARGET: fuzzes it; prints what went wrong, if something did. Up to Go 1.26 the engine itself may miss its own
# deadline and fail with nothing but "context deadline exceeded" (go.dev/issue/75804): then it is asked again. A finding always
# writes its input, below the package's testdata.
fuzz_one() {
	local try out
	for try in 1 2 3; do
		out=$(cd "$2" && "$1" -test.run '^$' -test.fuzz "^$3\$" -test.fuzztime "$fuzztime" -test.parallel 1 -test.fuzzcachedir "$fuzz_cache/$2/$3" 2>&1) && return
		[[ $out == *'context deadline exceeded'* && $out != *'Failing input written'* && $out != *panic* ]] || break
		echo "$2 $3: the engine missed its deadline (try $try)"
	done
	printf '%s %s\n%s\n' "$2" "$3" "$out"
	return 1
}

fuzz() {
	local package target failed=0 count=0
	fuzz_cache=$(go env GOCACHE)/fuzz/simplemessenger
	export fuzz_cache fuzztime
	export -f fuzz_one
	: >"$work/targets"
	while read -r package; do
		local binary
		binary=$work/$(tr / _ <<<"$package").fuzz
		go test -c -fuzz=. -o "$binary" "./$package" || return 1
		for target in $(cd "$package" && grep -ohE '^func Fuzz[A-Za-z0-9_]+' ./*_test.go | awk '{ print $2 }'); do
			printf '%s %s %s\n' "$binary" "$package" "$target" >>"$work/targets"
		done
	done < <(git grep -lE '^func Fuzz' -- '*_test.go' | xargs -r -n1 dirname | sort -u)
	count=$(wc -l <"$work/targets")
	xargs -P2 -L1 bash -c 'fuzz_one "$@"' fuzz_one <"$work/targets" || failed=1
	echo "$count targets, $fuzztime each"
	return $failed
}
