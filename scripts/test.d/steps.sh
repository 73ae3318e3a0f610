# shellcheck shell=bash
# The steps of test and check.

# A program with the race detector waits a second before it ends, for races that others are about to find. Here nobody is left by then: goleak sees
# to that.
export GORACE=atexit_sleep_ms=50

toolchain() {
	local have want
	have=$(go env GOVERSION) || return 1
	want=go$(awk '$1 == "go" { print $2 }' go.mod)
	echo "$have, wanted at least $want"
	[[ $(printf '%s\n%s\n' "$want" "$have" | sort -V | head -n1) == "$want" ]]
}

format() {
	local files
	files=$(gofmt -l $(git ls-files '*.go' 2>/dev/null || find . -name '*.go'))
	[[ -z $files ]] || { echo "gofmt would change: $files"; return 1; }
}

# Switches over tags, states, stages, actions and cases name them all, or have a default.
exhaustive() {
	linter exhaustive -d -typeonly 'simplemessenger/(protocol\.(State|Action|Case|Stage|Receipt)|wire\.Tag|auth\.Outcome|dispatchqueue\.Kind)$' ./...
}

tool() { go tool -modfile=tools/go.mod "$@"; }

# linter NAME ARGUMENTS: the packages are compiled with the race detector for their tests, so a linter looks at those, and nothing is compiled for
# it alone.
linter() {
	local program
	program=$(go tool -modfile=tools/go.mod -n "$1") || return 1
	GOFLAGS=-race "$program" "${@:2}"
}

# govulncheck needs its database; without it that is said, not failed.
vulnerabilities() {
	local out
	if ! timeout 20 bash -c 'exec 3<>/dev/tcp/vuln.go.dev/443' 2>/dev/null && [[ -z ${HTTPS_PROXY:-}${https_proxy:-}${GOVULNDB:-} ]]; then
		skipped "govulncheck: its database cannot be reached from here"
		return
	fi
	if out=$(tool govulncheck ./... 2>&1); then
		echo "$out"
	elif grep -qE 'fetching vulnerabilities|no such host|dial tcp|403|proxyconnect' <<<"$out"; then
		skipped "govulncheck: its database cannot be reached from here"
	else
		echo "$out"
		return 1
	fi
}

# bash -n looks at the first file only, and takes the others for its arguments.
shell_scripts() {
	local script failed=0 count=0
	while read -r script; do
		bash -n "$script" || failed=1
		count=$((count + 1))
	done < <(grep -lE '^#!/usr/bin/env bash|^# shellcheck shell=bash' -r scripts .ci)
	echo "$count scripts"
	return $failed
}

# What the tests of real peers, of two hosts and in a browser need; where it cannot be had they skip, each with a line.
setup() {
	local ended=0
	scripts/real-peer install --release all || ended=$?
	if [[ $ended == 3 && ${REQUIRE_REAL_PEERS:-} != 1 ]]; then
		skipped "real peers: they cannot be had here (Debian 12 and root are needed)"
	elif [[ $ended != 0 ]]; then
		return 1
	fi
	if ! { command -v ip && command -v nft; } >/dev/null && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
		DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends iproute2 nftables || return 1
	fi
	# A second opinion is good to have; nothing depends on it.
	scripts/compare-tshark --install || skipped "tshark's opinion of the captures: it cannot be had here"
	browser
}

# browser: the one in which the page of conform --html is looked at. Nobody needs it for anything else, so that it cannot be had is no failure.
browser() {
	if command -v chromium || command -v chromium-browser || command -v google-chrome; then
		return
	fi
	if [[ $(id -u) != 0 ]] || ! command -v apt-get ||
		! DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends chromium; then
		skipped "the page in a browser: there is no Chromium, and it cannot be installed here"
	fi
}

# alone: the packages of functions over bytes and values, whose tests have one goroutine each. One goroutine has no races.
alone=(messages wire protocol conformance/report conformance/script internal/command/decode internal/command/vectors internal/frame
	internal/handshake internal/test/layers internal/test/mutants auth/caps auth/internal/denc)

# packages computing|waiting: the packages whose tests need nothing but Go, or those that need what setup gets. Those of packagingtest and
# of the single labs let the go command do their work, and the model has one goroutine: so they have steps of their own, without the race
# detector.
packages() {
	local waiting
	waiting=$(go list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... |
		awk '/\/internal\/test\/realpeer( |$)|\/(netnstest|cephconf) / { print $1 }' | grep -vE '/internal/test/conformtest$|/examples/python$' | sort -u)
	if [[ $1 == waiting ]]; then
		echo "$waiting"
	else
		go list ./... | grep -vxF "$waiting" | grep -vxF "$(printf "$(go list -m)/%s\n" "${alone[@]}")" | grep -vE '/internal/test/(packagingtest|model|conformtest|browsertest|secondopinion)$|/labs/lab[0-9]+$|/examples/python$'
	fi
}

# unit computing|waiting: their verdicts go to a file, for the summary at the end.
unit() {
	local list
	mapfile -t list < <(packages "$1")
	go test -json -race -vet=off -shuffle=on -timeout 10m "${list[@]}" >"$work/unit-$1.json"
	local ended=$?
	echo "${#list[@]} packages"
	return $ended
}

# on_the_event_engine: what the blocking engine has passed in "unit computing".
on_the_event_engine() {
	go test -json -race -vet=off -shuffle=on -timeout 10m ./internal/test/sessiontest ./internal/test/simulator \
		./internal/test/workload ./internal/test/resourcetest ./simplemsgr ./monclient -engine async >"$work/async.json" &&
		go test -json -race -vet=off -run 'TCP|TestHardCase[AB]|TestNobody|TestScenario' ./internal/test/sessiontest \
			-engine async,portable >"$work/async-portable.json"
}

# What releases do differently is in the handshakes and frames, which are the same code on both engines; so on the event engine the genuine
# SimpleMessenger and the newest release stand for all, and the newest alone for logins, which take minutes.
real_peers_on_the_event_engine() {
	REAL_PEER_RELEASES='14.2 18.2' go test -json -race -vet=off -shuffle=on -timeout 10m ./internal/test/realpeertest \
		./internal/test/realfaulttest -engine async >"$work/async-real.json" &&
		REAL_PEER_RELEASES=18.2 go test -json -race -vet=off -shuffle=on -timeout 10m ./internal/test/authtest -engine async \
			>"$work/async-auth.json"
}

# one_goroutine: what has no goroutines.
one_goroutine() {
	go test -json -shuffle=on "${alone[@]/#/./}" >"$work/one-goroutine.json"
}

# both_engines: the same scripts on either engine and crossed, and a fault in every cell of the matrix on each. With the race detector
# "unit computing" plays some of them.
both_engines() {
	go test -json -count=1 -run 'TestEnginesDoTheSame|TestMatrix' ./internal/test/sessiontest -differential-seeds 3000 >"$work/both-engines.json" &&
		go test -json -count=1 -run TestMatrix ./internal/test/sessiontest -engine async >"$work/async-matrix.json"
}

# ten_thousand: connections that come and go, and reconnects, on each engine.
ten_thousand() {
	go test -json -count=1 -run TenThousand ./internal/test/resourcetest >"$work/resources.json" &&
		go test -json -count=1 -run TenThousand ./internal/test/resourcetest -engine async >"$work/async-resources.json"
}

as_others_get_it() {
	go test -json -count=1 -timeout 20m ./internal/test/packagingtest >"$work/packaging.json"
}

# ready: what setup gets is there, or cannot be had.
ready() {
	until [[ -e $work/ready ]]; do sleep 1; done
}

# others: who talks to what we do not write, programs in other languages, browsers, tshark, genuine messengers beside the conformance kit. They
# wait more than they compute, and what they start does not have the race detector.
others() {
	go test -json -short -count=1 -timeout 15m ./internal/test/conformtest ./internal/test/browsertest ./internal/test/secondopinion \
		./examples/python >"$work/others.json"
}

# Each lab compiles the programs of its students: of the wrong ones a few each, and all by make labs-check.
labs() {
	go test -json -short -count=1 -timeout 20m ./labs/lab... >"$work/labs.json"
}

# The race detector allocates too, and does not watch other processes.
allocations() {
	go test -json -count=1 -run 'TestAllocations|TestCompare' ./internal/command/bench >"$work/allocations.json"
}

unit_without_races() {
	go test -json -count=1 "$@" >"$work/without-races.json"
}
