#pragma once

#include <string>
#include <string_view>

#include "overlay/registry/registry.hpp"

namespace etcdserverpb {
class Event;
class KeyValue;
}  // namespace etcdserverpb

namespace flatlan::registry {

/// etcd's way to say "to the last key".
inline const std::string kNoEnd{'\0'};

/// Keys from `begin` to before `end`, as etcd's requests name them.
struct KeyRange {
    std::string begin;
    std::string end;
};

/// All keys that begin with `prefix`.
KeyRange range_of(std::string_view prefix);
Revision to_revision(std::int64_t etcd_revision);
Record to_record(const etcdserverpb::KeyValue& value);
Event to_event(const etcdserverpb::Event& event);

}  // namespace flatlan::registry
