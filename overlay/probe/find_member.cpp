#include "overlay/probe/find_member.hpp"

#include <vector>

#include "overlay/base/suggestion.hpp"

namespace flatlan::probe {
namespace {

const std::string kInDefault = std::string{PodName::kDefaultNamespace} + "/";

Error unknown_member(std::span<const Member> members, const std::string& name) {
    // Who typed no namespace meant none, or the one that may be left out.
    const bool has_namespace = name.find('/') != name.npos;
    std::vector<std::string> names;
    for (const Member& member : members)
        names.push_back(member.name.starts_with(kInDefault) && !has_namespace
                            ? member.name.substr(kInDefault.size())
                            : member.name);
    std::vector<std::string> near = nearest(name, names);
    // Someone who leaves out what stands before a slash means the part that was typed.
    for (const std::string& known : names)
        if (near.empty() && known.ends_with("/" + name)) near.push_back(known);
    // Few enough to be told whole.
    constexpr std::size_t kAllMax = 4;
    if (near.empty() && names.size() <= kAllMax) near = names;
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
