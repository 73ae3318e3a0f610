// What a program has to know of libceph-common.so.0 of Debian's Ceph 14.2.21 (amd64) to send and take messages with its messengers.
//
// Ceph installs no headers for that. These declarations are this project's own: names and arguments are those of the library's
// dynamic symbols, the order of virtual functions that of its vtables (readelf -r), the layout of Message what its constructor and
// accessors do. They fit this one release; main checks what can be checked before it trusts them.
#ifndef CEPH_14_2_H
#define CEPH_14_2_H

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <netinet/in.h>
#include <rados/buffer.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ceph {
class Formatter;
}
class CephContext;
class Connection;
class Dispatcher;
class Message;

void common_init_finish(CephContext *);

struct entity_name_t {
	uint8_t type;
	int64_t num;
};
enum : uint8_t { entity_osd = 4, entity_client = 8 };

struct entity_addr_t {
	uint32_t type; // 1 is legacy, that is v1
	uint32_t nonce;
	sockaddr_in in;
	char rest_of_in6[sizeof(sockaddr_in6) - sizeof(sockaddr_in)];
};
static_assert(sizeof(entity_addr_t) == 36);

struct entity_addrvec_t {
	std::vector<entity_addr_t> addresses;
};

namespace ceph::net {
template <class Throttle> struct Policy {
	bool lossy, server, standby, resetcheck;
	void *throttles[2];
	uint64_t features_supported, features_required;
};
} // namespace ceph::net
class Throttle;
using Policy = ceph::net::Policy<Throttle>;
static_assert(sizeof(Policy) == 40);

struct __attribute__((packed)) ceph_msg_header {
	uint64_t seq, tid;
	uint16_t type, priority, version;
	uint32_t front_len, middle_len, data_len;
	uint16_t data_off;
	uint8_t src_type;
	uint64_t src_num;
	uint16_t compat_version, reserved;
	uint32_t crc;
};
static_assert(sizeof(ceph_msg_header) == 53);

class Message {
public:
	Message(int type, int version, int compat_version);
	virtual ~Message();
	virtual void clear_buffers();
	virtual int get_cost() const;
	virtual void decode_payload() = 0;
	virtual void encode_payload(uint64_t features) = 0;
	virtual std::string_view get_type_name() const = 0;
	virtual void print(std::ostream &) const;
	virtual void dump(ceph::Formatter *) const;

	void set_data(const ceph::buffer::list &);

	std::atomic<uint64_t> references;
	CephContext *context;
	ceph_msg_header header;
	char footer[21];
	ceph::buffer::list payload, middle, data;
	char stamps[4][8];
	Connection *connection;
	char queue_hook_and_throttles[0x40];
};
static_assert(sizeof(Message) == 0x1a8);

class RefCountedObject {
public:
	RefCountedObject *get();
	void put() const;
};

class Connection {
public:
	virtual ~Connection();
	virtual bool is_connected();
	virtual int send_message(Message *); // takes the caller's reference
};

// What a function returns that returns a boost::intrusive_ptr<Connection>.
struct ConnectionRef {
	Connection *connection;
	~ConnectionRef() {} // never given back: a client keeps its connection until it ends
};

class Messenger {
public:
	static Messenger *create(CephContext *, const std::string &type, entity_name_t, std::string name, uint64_t nonce, uint64_t flags);
	void add_dispatcher_head(Dispatcher *);

	virtual ~Messenger();
	virtual void set_myaddrs(const entity_addrvec_t &);
	virtual bool set_addr_unknowns(const entity_addrvec_t &);
	virtual void set_addrs(const entity_addrvec_t &);
	virtual int get_dispatch_queue_len();
	virtual double get_dispatch_queue_max_age(uint64_t);
	virtual void set_cluster_protocol(int);
	virtual void set_default_policy(Policy);
	virtual void set_policy(int type, Policy);
	virtual Policy get_policy(int type);
	virtual Policy get_default_policy();
	virtual void set_policy_throttlers(int type, Throttle *, Throttle *);
	virtual int bind(const entity_addr_t &);
	virtual int rebind(const void *avoid);
	virtual int client_bind(const entity_addr_t &);
	virtual int bindv(const entity_addrvec_t &);
	virtual bool should_use_msgr2();
	virtual int start();
	virtual void wait();
	virtual int shutdown();
	virtual int send_to(Message *, int type, const entity_addrvec_t &);
	virtual ConnectionRef connect_to(int type, const entity_addrvec_t &);
};

// Receiver is laid out as a Dispatcher, which has the order of functions and the two fields in common with it.
class Receiver {
public:
	explicit Receiver(CephContext *c) : context(c) {}
	virtual ~Receiver() {}
	virtual bool can_fast_dispatch(const Message *) const { return true; }
	virtual bool can_fast_dispatch2(Message *const &) const { return true; }
	virtual bool can_fast_dispatch_any() const { return true; }
	virtual void fast_dispatch(Message *) {}
	virtual void fast_dispatch2(Message *const &) = 0; // the reference remains the caller's
	virtual void fast_preprocess(Message *) {}
	virtual void fast_preprocess2(Message *const &) {}
	virtual bool dispatch(Message *) { return false; }
	virtual int dispatch2(Message *const &) { return 0; }
	virtual void handle_connect(Connection *) {}
	virtual void handle_fast_connect(Connection *) {}
	virtual void handle_accept(Connection *) {}
	virtual void handle_fast_accept(Connection *) {}
	virtual bool handle_reset(Connection *) { return true; }
	virtual void handle_remote_reset(Connection *) {}
	virtual bool handle_refused(Connection *) { return false; }
	virtual int handle_authentication(Connection *) { return 1; }
	virtual void *get_auth1_authorizer_keystore() { return nullptr; }
	virtual bool get_authorizer(int, void **) { return false; }

	Dispatcher *dispatcher() { return reinterpret_cast<Dispatcher *>(this); }

private:
	CephContext *context;
	bool require_authorizer = false;
};

#endif
