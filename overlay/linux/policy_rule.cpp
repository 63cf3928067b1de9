#include "overlay/linux/policy_rule.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include <cerrno>

namespace flatlan {
namespace {

std::string describe(const char* verb, const NetlinkMessageView& message) {
    const auto destination = message.attributes<fib_rule_hdr>().address(FRA_DST);
    return std::string{verb} + " policy rule for " +
           (destination ? to_string(*destination) : std::string{"everything"});
}

NetlinkMessage message_of(std::uint16_t type, std::uint16_t flags, const PolicyRuleSpec& rule) {
    fib_rule_hdr header{};
    header.family = address_family(rule.destination.family());
    header.dst_len = static_cast<std::uint8_t>(rule.destination.length_bits());
    header.action = static_cast<std::uint8_t>(rule.table ? FR_ACT_TO_TBL : FR_ACT_PROHIBIT);
    NetlinkMessage message{type, flags, header};
    message.put_address(FRA_DST, rule.destination.address());
    message.put_u32(FRA_PRIORITY, rule.priority);
    if (rule.table) message.put_u32(FRA_TABLE, *rule.table);
    // What a namespace sends itself comes in by its loopback, as far as rules go (fib_rules.c).
    if (rule.own_packets) message.put_text(FRA_IIFNAME, "lo");
    return message;
}

}  // namespace

Result<void> create_policy_rule(Netlink& netlink, const PolicyRuleSpec& rule) {
    return execute_appended(netlink, [&](NetlinkBatch& batch) {
        batch.append(message_of(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule),
                     [](const NetlinkMessageView& message) { return describe("create", message); });
    });
}

Result<void> remove_policy_rule(Netlink& netlink, const PolicyRuleSpec& rule) {
    return execute_appended(netlink, [&](NetlinkBatch& batch) {
        batch.append(
            message_of(RTM_DELRULE, 0, rule),
            [](const NetlinkMessageView& message) { return describe("remove", message); },
            Tolerate::missing);
    });
}

}  // namespace flatlan
