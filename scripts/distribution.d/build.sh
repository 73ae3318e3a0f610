# shellcheck shell=bash
# What is installed and released: the program, its manual pages and completions, the licenses.

# Whoever builds it, and wherever, gets the same bytes.
export CGO_ENABLED=0

# commit_date: when the source was committed, in seconds since 1970; SOURCE_DATE_EPOCH says it where there is no git. Pages and archives
# bear that date.
commit_date() {
	if [[ -n ${SOURCE_DATE_EPOCH:-} ]]; then
		echo "$SOURCE_DATE_EPOCH"
	else
		git log -1 --format=%ct 2>/dev/null
	fi
}

# build_command FILE [VERSION]: for GOOS and GOARCH. Without a version it is that of the commit.
build_command() {
	local flags="-s -w" vcs=auto
	if [[ -n ${2:-} ]]; then
		flags+=" -X main.release=$2" vcs=false
	elif ! git log -1 >/dev/null 2>&1; then
		vcs=false # no git, or a tree of somebody else's
	fi
	go build -trimpath -buildvcs="$vcs" -ldflags "$flags" -o "$1" ./cmd/simplemsgr
}

# build_share DIR: what goes below the folder share, made by a program for this machine that can write manual pages.
build_share() {
	local writer
	writer=$(mktemp -d)
	env -u GOOS -u GOARCH go build -trimpath -buildvcs=false -tags man -o "$writer/simplemsgr" ./cmd/simplemsgr || return 1
	mkdir -p "$1/man/man1" "$1/bash-completion/completions" "$1/zsh/site-functions" "$1/fish/vendor_completions.d" "$1/doc/simplemsgr"
	SOURCE_DATE_EPOCH=$(commit_date || echo 0) "$writer/simplemsgr" man "$1/man/man1" &&
		"$writer/simplemsgr" completion bash >"$1/bash-completion/completions/simplemsgr" &&
		"$writer/simplemsgr" completion zsh >"$1/zsh/site-functions/_simplemsgr" &&
		"$writer/simplemsgr" completion fish >"$1/fish/vendor_completions.d/simplemsgr.fish" &&
		cp LICENSE CHANGELOG.md "$1/doc/simplemsgr"
	local ended=$?
	rm -rf -- "$writer"
	return $ended
}
