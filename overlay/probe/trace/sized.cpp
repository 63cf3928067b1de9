#include "overlay/probe/trace/sized.hpp"

#include <algorithm>

#include "overlay/base/text.hpp"
#include "overlay/probe/trace/mend.hpp"
#include "overlay/probe/trace/overload.hpp"
#include "overlay/probe/trace/suspects.hpp"

namespace flatlan::trace {

std::optional<Fault> judge_large(const Case& asked) {
    const Trial& large = asked.seen.large;
    if (large.sent == 0 || !large.failed() || asked.seen.told_too_big) return std::nullopt;
    const bool there = large.arrived == large.sent;
    const Walk& walk = there ? asked.back : asked.forth;
    const std::string size = std::to_string(large.size_bytes) + " octets";
    const auto narrow = std::ranges::find_if(walk.hops, [&](const Hop& hop) {
        return hop.mtu != 0 && large.size_bytes + hop.overhead > hop.mtu;
    });
    if (narrow == walk.hops.end()) {
        Fault fault = Suspects{asked, there ? PacketKind::answer : PacketKind::request}.vanished();
        fault.verdict = probe::Verdict::mtu_black_hole;
        fault.reason = "packets of " + size + " vanish where small ones pass; " + fault.reason;
        return unless_overloaded(asked, std::move(fault));
    }
    const std::string& name = asked.atlas.at(narrow->mtu_place).name;
    const std::uint32_t needed = large.size_bytes + narrow->overhead;
    const std::string command =
        "ip link set " + shell_word(narrow->mtu_device) + " mtu " + std::to_string(needed);
    const std::string& prefix = asked.atlas.at(narrow->mtu_place).command_prefix;
    return Fault{
        .verdict = probe::Verdict::mtu_black_hole,
        .place = narrow->mtu_place,
        .reason = "packets of " + size + " vanish at " + name + ", and nobody tells the sender",
        .evidence = {narrow->mtu_device + " of " + name + " has MTU " +
                         std::to_string(narrow->mtu) + ", and " + std::to_string(needed) +
                         " octets have to pass",
                     "small packets arrive"},
        .mend = prefix.empty() ? command : prefix + " " + command};
}

}  // namespace flatlan::trace
