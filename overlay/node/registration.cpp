#include "overlay/node/registration.hpp"

#include <limits>

namespace flatlan::node {
namespace {

using registry::Record;
using registry::Registry;
using registry::Revision;

constexpr Revision kNever{std::numeric_limits<std::uint64_t>::max()};

/// Who gives the sign of life of that name.
Result<std::optional<ipam::Incarnation>> read_alive(Registry& registry,
                                                    const control::RecordKeys& keys,
                                                    const NodeName& name) {
    FLATLAN_TRY(record, registry.get(control::MemberKeys{keys}.alive(name)));
    if (!record) return std::optional<ipam::Incarnation>{};
    FLATLAN_TRY(incarnation, control::alive_from_record(record->value));
    return std::optional{incarnation};
}

}  // namespace

Result<void> Registration::check_free() {
    const NodeName& name = record_.node.name;
    FLATLAN_TRY(alive, read_alive(registry_, keys_, name));
    if (alive && *alive != record_.incarnation)
        return Error{ErrorCode::already_exists,
                     "another live node has the name '" + name.text() + "'"}
            .at("name");
    return check_endpoint(kNever);
}

Result<void> Registration::check_endpoint(Revision before) {
    std::string after;
    for (bool more = true; more;) {
        FLATLAN_TRY(page, registry_.list(keys_.nodes(), after, Registry::kPageSizeMax));
        for (const Record& record : page.records) {
            const auto other = control::node_from_record(record.value);
            if (!other || other.value().node.name == record_.node.name ||
                other.value().node.endpoint != record_.node.endpoint || record.revision >= before)
                continue;
            FLATLAN_TRY(alive, read_alive(registry_, keys_, other.value().node.name));
            if (!alive) continue;
            return Error{ErrorCode::already_exists,
                         "the live node '" + other.value().node.name.text() +
                             "' has the underlay address " + to_string(record_.node.endpoint)}
                .at("endpoint");
        }
        more = page.more && !page.records.empty();
        if (more) after = page.records.back().key;
    }
    return success();
}

Result<void> Registration::publish(const ClusterMirror& mirror, const IpAddresses& overlay) {
    record_.node.overlay = overlay;
    const std::string key = keys_.node(record_.node.name);
    const std::string wanted = control::to_record(record_);
    Revision revision = mirror.revision_of(key);
    const auto there = mirror.find(key);
    if (there != wanted) {
        FLATLAN_TRY(written, registry_.put(key, wanted, revision));
        revision = written;
    } else if (checked_) {
        return success();
    }
    auto free = check_endpoint(revision);
    if (!free && free.error().code() == ErrorCode::already_exists)
        FLATLAN_TRY_VOID(registry_.remove(key, revision));
    checked_ = free.has_value();
    return free;
}

}  // namespace flatlan::node
