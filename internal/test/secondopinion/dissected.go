package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// tree is what the dissector says of a layer: names to texts, to further trees, or to lists where a
// name comes more than once.
type tree map[string]any

// packet is one packet as tshark writes it with -T json.
type packet struct {
	Source struct {
		Layers struct {
			Frame     tree
			TCP       tree
			Ceph      json.RawMessage
			Malformed json.RawMessage `json:"_ws.malformed"`
		}
	} `json:"_source"`
}

// readDissected reads the output of tshark: the structures of each packet, in order.
func readDissected(r io.Reader) (map[int][]*structure, error) {
	var packets []packet
	if err := json.NewDecoder(r).Decode(&packets); err != nil {
		return nil, errors.WithStack(err)
	}
	all := map[int][]*structure{}
	for _, p := range packets {
		layers := p.Source.Layers
		number, err := strconv.Atoi(layers.Frame.text("frame.number"))
		if err != nil {
			return nil, errors.WithStack(err)
		}
		var messages []tree
		if one := (tree{}); json.Unmarshal(layers.Ceph, &one) == nil {
			messages = []tree{one}
		} else if err := json.Unmarshal(layers.Ceph, &messages); err != nil {
			return nil, errors.Wrapf(err, "packet %d", number)
		}
		for _, m := range messages {
			for _, s := range m.structures() {
				s.packet, s.givenUp = number, layers.Malformed != nil
				s.ports = [2]string{layers.TCP.text("tcp.srcport"),
					layers.TCP.text("tcp.dstport")}
				all[number] = append(all[number], s)
			}
		}
	}
	return all, nil
}

// text returns the value at a path, empty if there is none.
func (t tree) text(path ...string) string {
	inner := t.inner(path[:len(path)-1]...)
	text, _ := inner[path[len(path)-1]].(string)
	return text
}

func (t tree) inner(path ...string) tree {
	for _, name := range path {
		next, _ := t[name].(map[string]any)
		t = next
	}
	return t
}

// structures takes apart what the dissector shows as one message.
func (t tree) structures() (all []*structure) {
	say := func(name string, fields map[string]string) {
		all = append(all, &structure{name: name, fields: fields})
	}
	if banner := t.text("ceph.ver"); banner != "" {
		fields := map[string]string{"banner": banner}
		if server := t.inner("ceph.server_info"); server != nil {
			server.address("addr.", fields)
			t.inner("ceph.client_info").address("peer_addr.", fields)
		} else {
			t.inner("ceph.client_info").address("addr.", fields)
		}
		say("BANNER", fields)
	}
	if c := t.inner("ceph.connect"); c != nil {
		fields := map[string]string{"features": c.features()}
		c.take(fields, connectNames)
		say("CONNECT", fields)
	}
	if t["ceph.tag"] != nil {
		all = append(all, t.tagged()...)
	}
	if seq := t.text("ceph.seq_new"); seq != "" {
		say("seq", map[string]string{"in_seq": seq})
	}
	if len(all) == 0 {
		say(nothing, nil)
	}
	return all
}

// The names of fields, ours by the dissector's.
var (
	connectNames = map[string]string{"ceph.connect.host": "host_type",
		"ceph.connect.global_seq": "global_seq", "ceph.connect.seq": "connect_seq",
		"ceph.connect.ver": "protocol_version", "ceph.connect.auth.proto": "authorizer_protocol",
		"ceph.connect.auth.size": "authorizer_len", "ceph.connect.flags": "flags"}
	headerNames = map[string]string{"ceph.seq": "seq", "ceph.tid": "tid", "ceph.type": "type",
		"ceph.priority": "priority", "ceph.head_version": "version",
		"ceph.front_size": "front_len", "ceph.middle_size": "middle_len",
		"ceph.data_size": "data_len", "ceph.data_off": "data_off",
		"ceph.compat_version": "compat_version", "ceph.reserved": "reserved", "ceph.crc": "crc"}
	nodeNames   = map[string]string{"ceph.node_type": "src.type", "ceph.node_id": "src.num"}
	footerNames = map[string]string{"ceph.foot.front_crc": "footer.front_crc",
		"ceph.foot.middle_crc": "footer.middle_crc", "ceph.foot.data_crc": "footer.data_crc",
		"ceph.foot.signature": "footer.sig", "ceph.connect.flags": "footer.flags"}
	addressNames = map[string]string{"ceph.af": "family", "ceph.client.port": "port",
		"ceph.client.ip4": "ip"}
)

func (t tree) take(fields, names map[string]string) {
	for theirs, ours := range names {
		if value := t.text(theirs); value != "" {
			fields[ours] = value
		}
	}
}

func (t tree) address(prefix string, fields map[string]string) {
	found := map[string]string{"type": t.text("ceph.node_type"),
		"nonce": t.text("ceph.node_nonce")}
	t.inner("ceph.sockaddr").take(found, addressNames)
	for name, value := range found {
		fields[prefix+name] = value
	}
}

func (t tree) features() string {
	half := func(name string) uint64 {
		n, _ := strconv.ParseUint(t.text("ceph.connect.features."+name), 0, 32)
		return n
	}
	return fmt.Sprintf("%#x", half("high")<<32|half("low"))
}

// tagged is what begins with a tag.
func (t tree) tagged() []*structure {
	number, err := strconv.ParseUint(t.text("ceph.tag"), 0, 8)
	tag := wire.Tag(number)
	one := &structure{name: tag.String(), fields: map[string]string{}}
	reply, head := t.inner("ceph.connect_reply"), t.inner("ceph.head")
	switch {
	case err != nil:
		one.name = nothing
	case reply != nil:
		one.fields["features"] = reply.features()
		reply.take(one.fields, connectNames)
		if seq := t.text("ceph.seq_existing"); seq != "" {
			return []*structure{one, {name: "seq", fields: map[string]string{"in_seq": seq}}}
		}
	case head != nil:
		head.take(one.fields, headerNames)
		head.inner("ceph.node").take(one.fields, nodeNames)
		t.inner("ceph.foot").take(one.fields, footerNames)
	case t.text("ceph.ack") != "":
		one.fields["seq"] = t.text("ceph.ack")
	case t.text("ceph.keepalive.time") != "":
		stamp, err := time.Parse("Jan _2, 2006 15:04:05.000000000 MST",
			t.text("ceph.keepalive.time"))
		if err != nil {
			one.name = nothing
		}
		one.fields["sec"] = strconv.FormatInt(stamp.Unix(), 10)
		one.fields["nsec"] = strconv.Itoa(stamp.Nanosecond())
	case t["ceph.tag_tree"] != nil: // the tag is unknown to it
		one.name = nothing
	}
	return []*structure{one}
}
