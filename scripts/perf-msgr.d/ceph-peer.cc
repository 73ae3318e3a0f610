// ceph-peer makes the load of "simplemsgr bench client" and "simplemsgr bench server" with the messengers of Ceph 14.2's own library.
// Requests are MOSDOp, answers MOSDOpReply without data; the number in flight is exact, and every answer is waited for.
#include "ceph_14_2.h"

#include <arpa/inet.h>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <rados/librados.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace {

using clock_type = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr int type_osd_op = 42, type_osd_op_reply = 43;

[[noreturn]] void fail(const std::string &what) {
	fprintf(stderr, "ceph-peer: %s\n", what.c_str());
	_exit(1);
}

// Front writes the fields of a message's front part, all of them little-endian.
class Front {
public:
	template <class T> void put(T value) {
		memcpy(bytes + length, &value, sizeof value);
		length += sizeof value;
	}
	void zeros(size_t n) {
		memset(bytes + length, 0, n);
		length += n;
	}
	void text(std::string_view s) {
		put<uint32_t>(s.size());
		memcpy(bytes + length, s.data(), s.size());
		length += s.size();
	}
	void versioned(uint8_t version, uint8_t compat, uint32_t size) {
		put(version);
		put(compat);
		put(size);
	}
	void placement_group() {
		put<uint8_t>(1);
		put<uint64_t>(1); // pool
		put<uint32_t>(0); // seed
		put<int32_t>(-1); // preferred
	}
	void write_op(uint64_t extent, uint32_t payload) {
		constexpr uint16_t op_write = 0x2201;
		put(op_write);
		put<uint32_t>(0); // flags
		put<uint64_t>(0); // offset
		put(extent);
		zeros(12); // truncation
		put(payload);
	}
	const char *data() const { return bytes; }
	unsigned size() const { return length; }

private:
	char bytes[256];
	unsigned length = 0;
};

constexpr uint32_t flags_of_a_write = 0x24; // on disk, write
constexpr std::string_view object = "object-name";

class Request final : public Message {
public:
	Request(uint64_t tid, const ceph::buffer::list &content) : Message(type_osd_op, 8, 3) {
		header.tid = tid;
		set_data(content);
	}
	void decode_payload() override {}
	std::string_view get_type_name() const override { return "request"; }
	void encode_payload(uint64_t features) override {
		Front f;
		f.versioned(1, 1, 18);
		f.placement_group();
		f.put<int8_t>(-1);   // shard
		f.put<uint32_t>(0);  // hash
		f.put<uint32_t>(0);  // map epoch
		f.put(flags_of_a_write);
		f.versioned(2, 2, 21);
		f.zeros(21 + 24);    // request id, trace
		f.put<uint32_t>(0);  // client_inc
		f.zeros(8);          // mtime
		f.versioned(6, 3, 8 + 4 + 4 + 4 + 8);
		f.put<uint64_t>(1);  // locator: pool
		f.put<int32_t>(-1);  // preferred
		f.put<uint32_t>(0);  // key
		f.put<uint32_t>(0);  // namespace
		f.put<int64_t>(-1);  // hash
		f.text(object);
		f.put<uint16_t>(1);
		f.write_op(data.length(), data.length());
		f.put<uint64_t>(-2); // snap: head
		f.put<uint64_t>(0);  // snap_seq
		f.put<uint32_t>(0);  // snaps
		f.put<int32_t>(-1);  // retry
		f.put(features);
		payload.append(f.data(), f.size());
	}
};

class Reply final : public Message {
public:
	explicit Reply(const Message &request) : Message(type_osd_op_reply, 8, 2), written(request.data.length()) {
		header.tid = request.header.tid;
		header.priority = request.header.priority;
	}
	void decode_payload() override {}
	std::string_view get_type_name() const override { return "reply"; }
	void encode_payload(uint64_t) override {
		Front f;
		f.text(object);
		f.placement_group();
		f.put<uint64_t>(flags_of_a_write);
		f.put<int32_t>(0);  // result
		f.zeros(12);        // version for old clients
		f.put<uint32_t>(0); // map epoch
		f.put<uint32_t>(1);
		f.write_op(written, 0);
		f.put<int32_t>(-1); // retry
		f.put<int32_t>(0);  // result of the step
		f.zeros(12 + 8);    // replay version, user version
		f.put<uint8_t>(0);  // redirected
		f.zeros(24);        // trace
		payload.append(f.data(), f.size());
	}

private:
	uint64_t written;
};

struct Options {
	std::string messenger = "simple", address, debug_ms = "0/0";
	int jobs = 1, concurrency = 32, workers = 0;
	size_t size = 0;
	int64_t ops = 0;
	seconds duration{2}, warm_up{0.5};
};

CephContext *make_context(const std::string &debug_ms) {
	rados_t cluster;
	if (rados_create(&cluster, nullptr) != 0)
		fail("librados makes no context");
	for (auto option : {"auth_cluster_required", "auth_service_required", "auth_client_required"})
		if (rados_conf_set(cluster, option, "none") != 0)
			fail(std::string("no option ") + option);
	rados_conf_set(cluster, "keyring", "/dev/null");
	rados_conf_set(cluster, "debug_ms", debug_ms.c_str());
	rados_conf_set(cluster, "log_to_stderr", "true");
	rados_conf_set(cluster, "err_to_stderr", "true");
	auto *context = static_cast<CephContext *>(rados_cct(cluster));
	common_init_finish(context);
	return context;
}

entity_addr_t parse_address(const std::string &text) {
	entity_addr_t a{};
	auto colon = text.find(':'), slash = text.find('/');
	a.type = 1;
	a.in.sin_family = AF_INET;
	if (colon == text.npos || inet_pton(AF_INET, text.substr(0, colon).c_str(), &a.in.sin_addr) != 1)
		fail("an address is IP:PORT/NONCE, not " + text);
	a.in.sin_port = htons(atoi(text.c_str() + colon + 1));
	if (slash != text.npos)
		a.nonce = strtoul(text.c_str() + slash + 1, nullptr, 10);
	return a;
}

Messenger *make_messenger(CephContext *context, const Options &o, entity_name_t name, uint64_t nonce, bool server) {
	auto *m = Messenger::create(context, o.messenger, name, server ? "server" : "client", nonce, 0);
	if (!m)
		fail("there is no messenger of the type " + o.messenger);
	Policy policy = m->get_default_policy();
	// As ceph_perf_msgr_server and _client have it: a stateless server, and a lossless client, which the server makes lossy.
	policy.lossy = policy.server = server;
	policy.standby = false;
	policy.resetcheck = !server;
	m->set_default_policy(policy);
	return m;
}

double cpu_time() {
	rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

// listening_port finds the port of the socket that the messenger listens on: it does not say itself what it was given for port 0.
int listening_port() {
	for (int fd = 3; fd < 1024; fd++) {
		int listens = 0;
		socklen_t size = sizeof listens;
		sockaddr_in a{};
		socklen_t address_size = sizeof a;
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
		    getsockname(fd, reinterpret_cast<sockaddr *>(&a), &address_size) == 0 && a.sin_family == AF_INET)
			return ntohs(a.sin_port);
	}
	fail("the messenger listens nowhere");
}

class Server final : public Receiver {
public:
	Server(CephContext *context, int workers) : Receiver(context) {
		for (int i = 0; i < workers; i++)
			threads.emplace_back([this] { work(); });
	}
	void fast_dispatch2(Message *const &m) override {
		if (m->header.type != type_osd_op)
			return;
		if (threads.empty())
			return answer(m);
		reinterpret_cast<RefCountedObject *>(m)->get();
		std::lock_guard lock(mutex);
		queue.push_back(m);
		filled.notify_one();
	}

	std::atomic<int64_t> answered{0}, bytes{0};

private:
	void answer(Message *m) {
		bytes += m->data.length();
		answered++;
		m->connection->send_message(new Reply(*m));
	}
	void work() {
		for (;;) {
			std::unique_lock lock(mutex);
			filled.wait(lock, [this] { return !queue.empty(); });
			auto *m = queue.front();
			queue.pop_front();
			lock.unlock();
			answer(m);
			reinterpret_cast<RefCountedObject *>(m)->put();
		}
	}

	std::vector<std::thread> threads;
	std::mutex mutex;
	std::condition_variable filled;
	std::deque<Message *> queue;
};

int serve(const Options &o) {
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, nullptr); // before there are threads
	auto *context = make_context(o.debug_ms);
	auto *messenger = make_messenger(context, o, {entity_osd, 0}, 0, true);
	Server server(context, o.workers);
	if (messenger->bind(parse_address(o.address)) < 0)
		fail("cannot listen on " + o.address);
	messenger->start();
	messenger->add_dispatcher_head(server.dispatcher());
	printf("listening on 127.0.0.1:%d/0\n", listening_port());
	fflush(stdout);
	int signal;
	sigwait(&ends, &signal);
	printf("answered %ld requests with %ld bytes of data\n", server.answered.load(), server.bytes.load());
	fflush(stdout);
	messenger->shutdown();
	messenger->wait();
	_exit(0);
}

// Job keeps a fixed number of requests in flight over one connection of a messenger of its own.
class Job final : public Receiver {
public:
	Job(CephContext *context, const Options &o, int number)
	    : Receiver(context), server{{parse_address(o.address)}}, tids(o.concurrency) {
		for (int i = 0; i < o.concurrency; i++)
			tids[i] = i;
		if (o.size)
			content.append(std::string(o.size, '\0'));
		messenger = make_messenger(context, o, {entity_client, number}, getpid() * 1000 + number, false);
		messenger->start();
		messenger->add_dispatcher_head(dispatcher());
		connection = messenger->connect_to(entity_osd, server).connection;
	}

	// start sends the first requests. As many follow, one for each answer, or as can be sent until then.
	void start(int64_t ops, clock_type::time_point then) {
		until = then;
		int64_t first = std::min<int64_t>(tids.size(), ops);
		remaining = ops - first;
		in_flight = first;
		for (int64_t i = 0; i < first; i++)
			send(i);
	}
	// wait returns how many answers there were since start.
	int64_t wait() {
		std::unique_lock lock(mutex);
		int64_t seen = -1;
		while (!over.wait_for(lock, std::chrono::seconds(30), [this] { return ended; }))
			if (std::exchange(seen, answers) == answers)
				fail("no answer for half a minute");
		ended = false;
		return answers.exchange(0);
	}
	void fast_dispatch2(Message *const &m) override {
		uint64_t slot = m->header.tid % slots;
		if (m->header.type != type_osd_op_reply || slot >= tids.size() || tids[slot] != m->header.tid)
			fail("there is an answer which nobody has asked for");
		answers++;
		if (remaining > 0 && clock_type::now() < until) {
			remaining--;
			send(slot);
			return;
		}
		tids[slot] += slots; // nothing more is to come here
		if (--in_flight == 0) {
			std::lock_guard lock(mutex);
			ended = true;
			over.notify_one();
		}
	}
	bool handle_reset(Connection *) override {
		if (!closing)
			fail("the connection was reset");
		return true;
	}
	void close() {
		closing = true;
		messenger->shutdown();
		messenger->wait();
	}

private:
	static constexpr uint64_t slots = 1 << 16;

	void send(int64_t slot) {
		tids[slot] += slots;
		connection->send_message(new Request(tids[slot], content));
	}

	entity_addrvec_t server;
	std::vector<uint64_t> tids; // of the request in each place
	ceph::buffer::list content;
	Messenger *messenger;
	Connection *connection;
	std::atomic<bool> closing{false};

	// Of whoever starts until it has sent, then of the reader until it has ended.
	int64_t remaining = 0;
	std::atomic<int64_t> in_flight{0}, answers{0};
	clock_type::time_point until;

	std::mutex mutex;
	std::condition_variable over;
	bool ended = false;
};

int64_t run(std::vector<std::unique_ptr<Job>> &jobs, int64_t ops, seconds duration) {
	auto until = clock_type::time_point::max();
	if (ops == 0) {
		ops = INT64_MAX;
		until = clock_type::now() + std::chrono::duration_cast<clock_type::duration>(duration);
	}
	for (auto &j : jobs)
		j->start(ops, until);
	int64_t answers = 0;
	for (auto &j : jobs)
		answers += j->wait();
	return answers;
}

int make_load(const Options &o) {
	auto *context = make_context(o.debug_ms);
	std::vector<std::unique_ptr<Job>> jobs;
	for (int i = 0; i < o.jobs; i++)
		jobs.push_back(std::make_unique<Job>(context, o, i));
	int64_t before = run(jobs, 1, {});
	if (o.warm_up.count() > 0)
		before += run(jobs, 0, o.warm_up);
	auto begin = clock_type::now();
	auto cpu = cpu_time();
	auto ops = run(jobs, o.ops, o.duration);
	seconds elapsed = clock_type::now() - begin;
	cpu = cpu_time() - cpu;
	printf("{\"ops\": %ld, \"before\": %ld, \"seconds\": %.6f, \"ops_per_second\": %.1f, \"cpu_us_per_op\": %.3f}\n", ops, before,
	       elapsed.count(), ops / elapsed.count(), cpu * 1e6 / ops);
	fflush(stdout);
	for (auto &j : jobs)
		j->close();
	_exit(0);
}

// check_layout ends the program if the library is not the one that ceph_14_2.h describes.
void check_layout() {
	static const ceph::buffer::list nothing;
	auto *m = new Request(0x1122334455667788, nothing);
	if (m->references != 1 || m->header.type != type_osd_op || m->header.version != 8 || m->header.compat_version != 3 ||
	    m->header.tid != 0x1122334455667788 || m->payload.length() != 0 || m->connection)
		fail("libceph-common is not that of Ceph 14.2.21");
	reinterpret_cast<RefCountedObject *>(m)->put();
}

const char usage[] = R"(ceph-peer: the load of simplemsgr bench with the messengers of Ceph 14.2.

Usage:
  ceph-peer server [--messenger TYPE] [--debug-ms LEVEL] [--workers N] --bind IP:PORT
  ceph-peer client [--messenger TYPE] [--debug-ms LEVEL] [--jobs N] [--concurrency N] [--size BYTES]
                   [--ops N | --duration SECONDS] [--warmup SECONDS] --server IP:PORT/NONCE

TYPE is simple or async+posix. Without workers the server answers by fast dispatch, in the thread that has read the
request. It prints where it listens, and on SIGTERM how much it has answered.
)";

} // namespace

int main(int argc, char **argv) {
	Options o;
	std::string command = argc > 1 ? argv[1] : "";
	for (int i = 2; i < argc; i += 2) {
		std::string option = argv[i];
		if (i + 1 == argc)
			fail(option + " needs a value");
		const char *value = argv[i + 1];
		if (option == "--messenger")
			o.messenger = value;
		else if (option == "--bind" || option == "--server")
			o.address = value;
		else if (option == "--debug-ms")
			o.debug_ms = value;
		else if (option == "--workers")
			o.workers = atoi(value);
		else if (option == "--jobs")
			o.jobs = atoi(value);
		else if (option == "--concurrency")
			o.concurrency = atoi(value);
		else if (option == "--size")
			o.size = atol(value);
		else if (option == "--ops")
			o.ops = atol(value);
		else if (option == "--duration")
			o.duration = seconds(atof(value));
		else if (option == "--warmup")
			o.warm_up = seconds(atof(value));
		else
			fail("unknown option " + option);
	}
	if ((command != "client" && command != "server") || o.address.empty()) {
		fputs(usage, command == "--help" ? stdout : stderr);
		return command == "--help" ? 0 : 1;
	}
	check_layout();
	return command == "server" ? serve(o) : make_load(o);
}
