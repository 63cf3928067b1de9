#include <charconv>
#include <fstream>

#include "ipam/lease.hpp"
#include "tools/daemon/settings.hpp"
#include "tools/daemon/span_text.hpp"

namespace flatlan::daemon {
namespace {

using Read = Result<void>;

Result<std::uint64_t> number(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failed != std::errc{} || end != text.data() + text.size())
        return Error{ErrorCode::invalid_argument, "'" + text + "' is no whole number"};
    return value;
}

std::vector<std::string> parts_of(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

/// What `from` makes of the text, put into `into`.
template <typename Value, typename From>
Read take(Value& into, const std::string& text, From from) {
    FLATLAN_TRY(value, from(text));
    into = std::move(value);
    return success();
}

template <typename Value>
Read take_number(std::optional<Value>& into, const std::string& text) {
    FLATLAN_TRY(value, number(text));
    FLATLAN_TRY(checked, Value::from(value));
    into = checked;
    return success();
}

/// Of a setting whose words are "on" and "off".
template <typename Switch>
Read take_switch(std::optional<Switch>& into, const std::string& text) {
    into = text == "on" ? Switch::on : Switch::off;
    return success();
}

template <typename Entry, typename From>
Read take_list(std::vector<Entry>& into, const std::string& text, From from) {
    into.clear();
    for (const std::string& part : parts_of(text)) {
        FLATLAN_TRY(entry, from(part));
        into.push_back(std::move(entry));
    }
    return success();
}

/// "10.244.0.0/28", or an address alone.
Result<IpPrefix> prefix_or_address(const std::string& text) {
    if (text.find('/') != std::string::npos) return IpPrefix::from_text(text);
    FLATLAN_TRY(address, IpAddress::from_text(text));
    return IpPrefix::host(address);
}

Read take_path(std::filesystem::path& into, const std::string& text) {
    if (!text.starts_with('/'))
        return Error{ErrorCode::invalid_argument, "'" + text + "' is no absolute path"}.expecting(
            "a path that begins with '/'");
    into = text;
    return success();
}

Read take_bits(std::optional<unsigned>& into, const std::string& text, IpFamily family) {
    FLATLAN_TRY(bits, number(text));
    if (bits > address_bits(family))
        return Error{ErrorCode::invalid_argument, "'" + text + "' is no length of an " +
                                                      std::string{to_string(family)} + " prefix"}
            .expecting("at most " + std::to_string(address_bits(family)));
    into = static_cast<unsigned>(bits);
    return success();
}

Read take_span(std::optional<Duration>& into, const std::string& text) {
    return take(into, text, [](const std::string& span) { return span_from_text(span); });
}

Read take_network(std::string& into, const std::string& text) {
    if (!ipam::is_cni_name(text))
        return Error{ErrorCode::invalid_argument, "'" + text + "' is no name of a network"}
            .expecting("a letter or digit, then letters, digits, '_', '.' and '-'");
    into = text;
    return success();
}

const std::vector<Setting> kSettings{
    {"node-name", "nodeName", "NAME", "This node; the host's name when not given",
     [](Settings& s, const std::string& t) { return take(s.node_name, t, NodeName::from); }},
    {"cluster", "cluster", "NAME", "Which cluster of the registry ('default' when not given)",
     [](Settings& s, const std::string& t) { return take(s.cluster, t, LabName::from); }},
    {"etcd", "registry.etcd.endpoints", "URL,...", "The registry: the members of an etcd cluster",
     [](Settings& s, const std::string& t) {
         return take_list(s.registry.etcd.endpoints, t, registry::EtcdEndpoint::from_url);
     }},
    {"etcd-ca", "registry.etcd.ca", "FILE", "Who signs etcd's certificates; else the system's",
     [](Settings& s, const std::string& t) {
         return take_path(s.registry.etcd.authority_file, t);
     }},
    {"etcd-cert", "registry.etcd.cert", "FILE", "This node's own certificate",
     [](Settings& s, const std::string& t) {
         return take_path(s.registry.etcd.certificate_file, t);
     }},
    {"etcd-key", "registry.etcd.key", "FILE", "The key of that certificate",
     [](Settings& s, const std::string& t) { return take_path(s.registry.etcd.key_file, t); }},
    {"etcd-user", "registry.etcd.user", "NAME", "User, where etcd asks for one",
     [](Settings& s, const std::string& t) -> Read {
         s.registry.etcd.user = t;
         return success();
     }},
    {"etcd-password-file", "registry.etcd.passwordFile", "FILE", "The user's password",
     [](Settings& s, const std::string& t) { return take_path(s.registry.etcd_password_file, t); }},
    {"sqlite", "registry.sqlite", "FILE",
     "Without etcd: a database that the nodes of one machine share",
     [](Settings& s, const std::string& t) { return take_path(s.registry.sqlite_file, t); }},
    {"pod-cidrs", "podCIDRs", "CIDR,...", "The cluster's prefixes; the first node decides",
     [](Settings& s, const std::string& t) {
         return take_list(s.pod_cidrs, t,
                          [](const std::string& p) { return IpPrefix::from_text(p); });
     }},
    {"block-size-ipv4", "blockSize.ipv4", "BITS", "Length of the prefix that a node claims (26)",
     [](Settings& s, const std::string& t) {
         return take_bits(s.block_bits_ipv4, t, IpFamily::ipv4);
     }},
    {"block-size-ipv6", "blockSize.ipv6", "BITS", "The same of IPv6 (122)",
     [](Settings& s, const std::string& t) {
         return take_bits(s.block_bits_ipv6, t, IpFamily::ipv6);
     }},
    {"exclude", "ipam.exclude", "CIDR,...",
     "Addresses that nobody is given; the first node decides",
     [](Settings& s, const std::string& t) {
         return take_list(s.wish.excluded.emplace(), t, prefix_or_address);
     }},
    {"reserve", "ipam.reserve", "CIDR,...",
     "Addresses for those alone that ask for them; the first node decides",
     [](Settings& s, const std::string& t) {
         return take_list(s.wish.reserved.emplace(), t, prefix_or_address);
     }},
    {"borrow",
     "ipam.borrow",
     "WHAT",
     "Of other nodes, once no block is left: none or idle-blocks; the first node decides",
     [](Settings& s, const std::string& t) {
         return take(s.wish.borrowing, t, control::borrowing_from_text);
     },
     {"none", "idle-blocks"}},
    {"underlay-interface", "underlay.interface", "NAME",
     "Where the other nodes are reached; else found by route",
     [](Settings& s, const std::string& t) {
         return take(s.underlay_interface, t,
                     [](const std::string& name) { return InterfaceName::from(name); });
     }},
    {"underlay-address", "underlay.address", "ADDRESS", "This node's address there",
     [](Settings& s, const std::string& t) {
         return take(s.underlay_address, t,
                     [](const std::string& a) { return IpAddress::from_text(a); });
     }},
    {"underlay-mtu", "underlay.mtu", "OCTETS",
     "What passes between any two nodes; the first node decides",
     [](Settings& s, const std::string& t) { return take_number(s.wish.underlay_mtu, t); }},
    {"backend", "tunnel.backend", "KIND", "How packets cross the underlay: kernel, user or direct",
     [](Settings& s, const std::string& t) {
         return take(s.backend, t, tunnel::backend_from_text);
     }},
    {"vni", "tunnel.vni", "NUMBER", "VXLAN network identifier (1); the first node decides",
     [](Settings& s, const std::string& t) { return take_number(s.wish.vni, t); }},
    {"port", "tunnel.port", "PORT", "UDP port of the tunnel (4789); the first node decides",
     [](Settings& s, const std::string& t) { return take_number(s.wish.port, t); }},
    {"sender-check",
     "tunnel.senderCheck",
     "WHETHER",
     "Drop what a node may not send: on or off (off); the first node decides",
     [](Settings& s, const std::string& t) { return take_switch(s.wish.sender_check, t); },
     {"on", "off"}},
    {"peer-counts",
     "tunnel.peerCounts",
     "WHETHER",
     "Count packets by node: on or off (on); the first node decides",
     [](Settings& s, const std::string& t) { return take_switch(s.wish.peer_counts, t); },
     {"on", "off"}},
    {"offline-max", "offlineMax", "SPAN",
     "How long to add pods without the registry; for ever when not given",
     [](Settings& s, const std::string& t) { return take_span(s.wish.offline_max, t); }},
    {"reclaim-after", "reclaimAfter", "SPAN",
     "Take the blocks of a node that is silent so long; never when not given",
     [](Settings& s, const std::string& t) { return take_span(s.wish.reclaim_after, t); }},
    {"state-dir", "stateDir", "FOLDER", "Where leases last (/var/lib/flatlan)",
     [](Settings& s, const std::string& t) { return take_path(s.state_folder, t); }},
    {"node-file", "nodeFile", "FILE", "What the CNI plugin reads (/run/flatlan/node.json)",
     [](Settings& s, const std::string& t) { return take_path(s.node_file, t); }},
    {"socket", "socket", "FILE", "Where flatlan asks (/run/flatlan/flatland.sock)",
     [](Settings& s, const std::string& t) { return take_path(s.socket, t); }},
    {"metrics", "metrics.listen", "PLACE",
     "Metrics for Prometheus at ADDRESS:PORT or unix:/PATH; none when not given",
     [](Settings& s, const std::string& t) { return take(s.metrics, t, metrics_place_from_text); }},
    {"metrics-remote",
     "metrics.remote",
     "WHAT",
     "Whether other machines may read them: refuse or allow",
     [](Settings& s, const std::string& t) -> Read {
         s.metrics_remote = t == "allow";
         return success();
     },
     {"refuse", "allow"}},
    {"conflist",
     "cni.conflist",
     "FILE",
     "Keep a CNI configuration there, from when pods can be added",
     [](Settings& s, const std::string& t) { return take_path(s.conflist, t); },
     {},
     true},
    {"cni-network",
     "cni.network",
     "NAME",
     "The network's name in it ('flatlan')",
     [](Settings& s, const std::string& t) { return take_network(s.cni_network, t); },
     {},
     true},
    {"log-level",
     "logLevel",
     "LEVEL",
     "debug, info, warn or error",
     [](Settings& s, const std::string& t) -> Read {
         s.log_level = t;
         return success();
     },
     {"debug", "info", "warn", "error"},
     true},
};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

}  // namespace flatlan::daemon
