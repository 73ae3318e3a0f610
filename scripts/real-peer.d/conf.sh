# shellcheck shell=bash disable=SC2034,SC2154 # the parts share their variables
# What a cluster is made from: ceph.conf, keyring, monmap. Reads the settings of start.

# An OSD binds four messengers (public, cluster, two for heartbeats), a mgr one. More
# ports than that, because a daemon that starts again may find its old ones still closing.
readonly ports_for_osd=10 ports_for_mgr=10

mon_name() { printf 'mon.%s' "${mon_letters:$1:1}"; }
mon_address() { printf '127.0.0.1:%d' $((first_port + $1)); }

readonly mon_letters=abcdefghi

port_count() { echo $((mons + ports_for_osd * osds + (mgr ? ports_for_mgr : 0))); }

write_conf() {
	local i hosts=() names=()
	for ((i = 0; i < mons; i++)); do
		hosts+=("v1:$(mon_address "$i")")
		names+=("${mon_letters:i:1}")
	done
	{
		global_conf | without_settings
		[[ ${#settings[@]} -eq 0 ]] || printf '%s\n' "${settings[@]}"
		client_conf
		for ((i = 0; i < mons; i++)); do mon_conf "$i"; done
		for ((i = 0; i < osds; i++)); do
			bound_conf "osd.$i" osd_data $((first_port + mons + ports_for_osd * i)) "$ports_for_osd"
		done
		! ((mgr)) || bound_conf mgr.x mgr_data $((first_port + mons + ports_for_osd * osds)) "$ports_for_mgr"
	} >"$conf"
}

global_conf() {
	local IFS=,
	cat <<-CONF
		[global]
		fsid = $fsid
		mon_host = ${hosts[*]}
		mon_initial_members = ${names[*]}
		ms_type = ${messenger_of[$release]}
		ms_bind_msgr2 = false
		ms_bind_ipv6 = false
		public_addr = 127.0.0.1
		cluster_addr = 127.0.0.1
		auth_cluster_required = $auth
		auth_service_required = $auth
		auth_client_required = $auth
		keyring = $dir/keyring
		run_dir = $dir/run
		admin_socket = $dir/run/\$name.asok
		pid_file =
		crash_dir = $dir/log
		log_file = $dir/log/\$name.log
		log_to_stderr = false
		err_to_stderr = true
		debug_ms = 1
		debug_rocksdb = 0
		mon_data_avail_warn = 1
		mon_data_avail_crit = 1
		mon_allow_pool_delete = true
		mon_election_timeout = 1
		paxos_propose_interval = 0.05
		mgr_initial_modules =
		mgr_module_path = $dir/mgr-modules
		osd_pool_default_size = $((osds < 2 ? 1 : 2))
		osd_pool_default_min_size = 1
		osd_pool_default_pg_num = 4
		osd_pool_default_pgp_num = 4
		osd_pool_default_pg_autoscale_mode = off
		osd_crush_chooseleaf_type = 0
		osd_objectstore = bluestore
		osd_crush_update_on_start = false
		osd_class_update_on_start = false
		bluestore_block_size = 1073741824
		bluestore_block_db_create = false
		bluestore_block_wal_create = false
	CONF
}

# option_of LINE prints the option's name in the one of its spellings that is used here.
option_of() {
	local name=${1%%=*}
	name=${name#"${name%%[![:space:]]*}"}
	name=${name%"${name##*[![:space:]]}"}
	printf '%s' "${name//[ -]/_}"
}

# without_settings leaves out the options that start was given other values for.
without_settings() {
	local line setting
	local -A given=()
	for setting in "${settings[@]}"; do given[$(option_of "$setting")]=1; done
	while IFS= read -r line; do
		[[ -n ${given[$(option_of "$line")]:-} ]] || printf '%s\n' "$line"
	done
}

# Commands say what they have to say, not what their messenger does.
client_conf() {
	cat <<-CONF
		[client]
		admin_socket =
		log_file =
		debug_ms = 0
	CONF
}

mon_conf() {
	cat <<-CONF
		[$(mon_name "$1")]
		host = localhost
		mon_data = $dir/$(mon_name "$1")
		public_addr = v1:$(mon_address "$1")
	CONF
}

# bound_conf NAME DATA_OPTION FIRST_PORT COUNT
bound_conf() {
	cat <<-CONF
		[$1]
		host = localhost
		$2 = $dir/$1
		ms_bind_port_min = $3
		ms_bind_port_max = $(($3 + $4 - 1))
	CONF
}

# One keyring with every key, for the daemons and for client.admin. The first mon takes
# them all into its store.
write_keyring() {
	local i
	add_key mon. mon 'allow *'
	add_key client.admin mon 'allow *' osd 'allow *' mgr 'allow *'
	for ((i = 0; i < osds; i++)); do
		add_key "osd.$i" mon 'allow profile osd' osd 'allow *' mgr 'allow profile osd'
	done
	! ((mgr)) || add_key mgr.x mon 'allow profile mgr' osd 'allow *'
}

# add_key NAME [SERVICE CAPS]... A key is its type (1, AES), a time, and the length of what follows, which chance makes.
add_key() {
	{
		printf '[%s]\n\tkey = ' "$1"
		{ printf '\1\0\0\0\0\0\0\0\0\0\20\0' && head -c 16 /dev/urandom; } | base64
		shift
		while (($#)); do
			printf '\tcaps %s = "%s"\n' "$1" "$2"
			shift 2
		done
	} >>"$dir/keyring"
}

# A mon binds what the monmap says. "--add" would make v2 addresses of these ports.
write_monmap() {
	local i words=() key_type=${key_type_of[$release]}
	[[ $key_type == - ]] ||
		words=(--auth-service-cipher "$key_type" --auth-allowed-ciphers "$key_type" --auth-preferred-cipher "$key_type")
	for ((i = 0; i < mons; i++)); do words+=(--addv "${mon_letters:i:1}" "v1:$(mon_address "$i")"); done
	peer monmaptool --create --clobber --fsid "$fsid" "${words[@]}" "$dir/monmap"
}
