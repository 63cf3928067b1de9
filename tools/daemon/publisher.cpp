#include "tools/daemon/publisher.hpp"

#include "ipam/room.hpp"
#include "tools/daemon/conflist.hpp"

namespace flatlan::daemon {
namespace {

bool is_there(const std::filesystem::path& file) {
    std::error_code unknown;
    return std::filesystem::exists(file, unknown);
}

/// Whether a reader would act otherwise: when the confirmation was matters only where it counts.
bool says_the_same(node::NodeFile one, const node::NodeFile& other) {
    if (!one.offline_max) one.confirmed = other.confirmed;
    return one == other;
}

}  // namespace

Result<bool> Publisher::publish(const node::NodeFile& file) {
    const auto found = node::read_node_file(options_.node_file);
    if (!found || !says_the_same(found.value(), file))
        FLATLAN_TRY_VOID(node::write_node_file(options_.node_file, file));
    if (options_.conflist.empty()) return false;
    if (!is_there(options_.conflist)) {  // else runtimes add pods by it already
        FLATLAN_TRY(room, has_room(file));
        if (!room) return false;
    }
    return ensure_conflist(options_.conflist,
                           conflist_json(options_.cni_network, options_.node_file));
}

bool Publisher::is_published() const {
    return node::read_node_file(options_.node_file) &&
           (options_.conflist.empty() || is_there(options_.conflist));
}

Result<bool> Publisher::has_room(const node::NodeFile& file) {
    FLATLAN_TRY(view, leases_.view());
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        if (file.has(family) && ipam::addresses_left(view, family) == 0) return false;
    }
    return true;
}

}  // namespace flatlan::daemon
