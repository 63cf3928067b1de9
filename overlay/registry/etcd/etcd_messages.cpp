#include "overlay/registry/etcd/etcd_messages.hpp"

#include "overlay/registry/etcd/etcd.pb.h"

namespace flatlan::registry {

KeyRange range_of(std::string_view prefix) {
    std::string end = end_of_prefix(prefix);
    return {prefix.empty() ? std::string(1, '\0') : std::string{prefix},
            end.empty() ? kNoEnd : std::move(end)};
}

Revision to_revision(std::int64_t etcd_revision) {
    return Revision{static_cast<std::uint64_t>(etcd_revision)};
}

Record to_record(const etcdserverpb::KeyValue& value) {
    return {value.key(), value.value(), to_revision(value.mod_revision()),
            SessionId{value.lease()}};
}

Event to_event(const etcdserverpb::Event& event) {
    return {to_record(event.kv()), event.type() == etcdserverpb::Event::DELETE};
}

}  // namespace flatlan::registry
