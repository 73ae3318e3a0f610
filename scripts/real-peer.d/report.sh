# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# What the user is told, and how the script ends. Standard output belongs to results.

# By this status a test knows that it may skip even where real peers are required.
readonly exit_gone=4

say() { printf '%s: %s\n' "$program" "$*" >&2; }

fail() {
	say "$*"
	exit 1
}

# cannot_be_had ends with the status by which a test knows that it may skip.
cannot_be_had() {
	say "cannot be had here: $*"
	exit 3
}

# option_value OPTION [VALUE] checks that an option has its value.
option_value() {
	[[ $# -ge 2 ]] || fail "$1 needs a value"
}

# count_value OPTION VALUE LOWEST checks that a value is a number.
count_value() {
	{ [[ $2 =~ ^[0-9]{1,6}$ ]] && ((10#$2 >= $3)); } || fail "$1 wants a number from $3 on, not '$2'"
}
