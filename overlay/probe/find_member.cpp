#include "overlay/probe/find_member.hpp"

#include <vector>

#include "overlay/base/suggestion.hpp"

namespace flatlan::probe {
namespace {

const std::string kInDefault = std::string{PodName::kDefaultNamespace} + "/";

Error unknown_member(std::span<const Member> members, const std::string& name) {
    constexpr std::size_t kToldMax = 4;
    std::vector<std::string> names;
    std::vector<std::string> in_default;
    std::vector<std::string> near;
    for (const Member& member : members) {
        names.push_back(member.name);
        if (member.name.starts_with(kInDefault))
            in_default.push_back(member.name.substr(kInDefault.size()));
        // Someone who leaves out what stands before a slash means the part that was typed.
        if (near.size() < kToldMax && member.name.ends_with("/" + name))
            near.push_back(member.name);
    }
    if (near.empty()) near = nearest(name, names);
    if (near.empty()) near = nearest(name, in_default);
    if (near.empty() && names.size() <= kToldMax) near = names;
    Error error{ErrorCode::invalid_argument, "no pod or node is called '" + name + "'"};
    return near.empty() ? error : std::move(error).expecting(join_alternatives(near));
}

bool has_address(const Member& member, const std::optional<IpAddress>& address) {
    return address && member.addresses.find(address->family()) == address;
}

}  // namespace

Result<MemberId> find_member(std::span<const Member> members, const std::string& name) {
    const std::string in_default = kInDefault + name;
    const auto parsed = IpAddress::from_text(name);
    const auto address = parsed ? std::optional{parsed.value()} : std::nullopt;
    for (std::uint32_t i = 0; i < members.size(); ++i)
        if (members[i].name == name || members[i].name == in_default ||
            has_address(members[i], address))
            return MemberId{i};
    return unknown_member(members, name);
}

}  // namespace flatlan::probe
