# The two commands of the README are demo and test. Everything else is opt-in.

.PHONY: all demo test check flakes build install uninstall fuzz soak mutants conform-mutants conform conform-matrix labs-check bench perf-msgr profile clean

all: build

build: ## build the command into ./bin
	go build -o bin/simplemsgr ./cmd/simplemsgr

install: ## the command with manual pages and completions, below PREFIX=/usr/local
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" scripts/install

uninstall: ## take away what install has put there
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" scripts/install --uninstall

demo: ## two messengers: negotiation, a fault, a restart; then a real monitor, where one can be had
	@go run ./cmd/simplemsgr demo
	@scripts/demo-real-peer

test: ## everything that must hold; FUZZTIME=1s for each fuzz target
	@scripts/test

check: ## what should hold after each change, in a minute: build, vet, linters, quick tests
	@scripts/check

fuzz: ## fuzz longer: FUZZTIME=1m
	@FUZZTIME=$${FUZZTIME:-1m} scripts/test

flakes: ## each package 102 times, with 1, 2 and 8 processors beside a load; hours. The last result is in docs/reliability.md
	@scripts/flakes

soak: ## all synthetic loads, whole, for SOAK=30m; the last result is in docs/reliability.md
	go test -count=1 -timeout 0 -v -run TestSoak ./internal/test/workload -soak $${SOAK:-30m}

mutants: ## seeded bugs, one at a time: every one must be caught by a test
	@scripts/mutants

conform-mutants: ## bugs that are visible on the wire, one at a time: the conformance kit must cite the rule of each
	@scripts/mutants -conform

conform: ## the conformance kit against both engines of ours
	@go test -count=1 -v -run TestOurs ./internal/test/conformtest -whole | grep -vE '^(=== |--- PASS|PASS)'

conform-matrix: ## the same against everybody, genuine messengers too, as root on Debian: docs/conformance-matrix.md
	@go test -count=1 -v -timeout 120m -run 'TestOurs|TestGenuine|TestTools' ./internal/test/conformtest -matrix -whole -tools | grep -E 'CONFORM|FAIL|^ok|fail '

labs-check: ## the labs: each grader passes the reference, and fails the starter and wrong submissions where it should
	go test -count=1 -timeout 20m ./labs/...

bench: ## the messenger against a bare TCP loop, in turn: the table of docs/performance.md
	@scripts/bench

perf-msgr: ## bench crossed with the C++ messengers of Ceph 14.2, then compared with them; as root on Debian
	@scripts/perf-msgr cross
	@scripts/perf-msgr compare

profile: ## CPU, allocation, mutex and block profiles of both ends of a bench run
	@scripts/profile

clean:
	rm -rf bin
