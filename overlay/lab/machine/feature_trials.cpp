#include "overlay/lab/machine/feature_trials.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "overlay/lab/machine/nftables_trial.hpp"
#include "overlay/linux/address.hpp"
#include "overlay/linux/bridge.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/netlink.hpp"
#include "overlay/linux/unique_fd.hpp"
#include "overlay/linux/veth.hpp"
#include "overlay/linux/vxlan.hpp"

namespace flatlan::lab {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kLimit = 20s;
constexpr int kNamespaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;

/// In the order in which the child tries them.
constexpr Trial FeatureTrials::*kTrials[] = {
    &FeatureTrials::user_namespace, &FeatureTrials::namespaces, &FeatureTrials::veth,
    &FeatureTrials::bridge,         &FeatureTrials::vxlan,      &FeatureTrials::ipv6,
    &FeatureTrials::nftables,       &FeatureTrials::netem,      &FeatureTrials::tun};

MacAddress trial_mac(std::uint8_t last) {
    return MacAddress{{std::byte{0x02}, {}, {}, {}, {}, std::byte{last}}};
}

Result<void> make_namespaces() {
    if (unshare(kNamespaces) != 0) return Error::from_errno(errno, "make network namespace");
    return success();
}

Result<void> make_veth(Netlink& netlink) {
    return create_veth(netlink, {.near = {.name = InterfaceName{"veth-a"}, .mac = trial_mac(1)},
                                 .far = {.name = InterfaceName{"veth-b"}, .mac = trial_mac(2)}});
}

Result<void> make_bridge(Netlink& netlink) {
    return create_bridge(netlink, {.name = InterfaceName{"bridge"}, .mac = trial_mac(3)});
}

Result<void> make_vxlan(Netlink& netlink) {
    const VxlanSettings settings{.vni = Vni{1}, .port = kVxlanPort};
    return create_vxlan(
        netlink, {.name = InterfaceName{"vxlan"}, .mac = trial_mac(4), .settings = settings});
}

Result<void> give_ipv6_address(Netlink& netlink) {
    FLATLAN_TRY_VOID(set_loopback_up(netlink));
    FLATLAN_TRY(loopback, get_link(netlink, InterfaceName{"lo"}));
    return create_address(netlink, {.address = Ipv6Address::from_halves(0xfd00'0000'0000'0000, 1),
                                    .length_bits = 128,
                                    .device = loopback.index});
}

/// A netem queue on `lo`, with the options that the kernel insists on (tc-netem(8)).
Result<void> make_netem(Netlink& netlink) {
    tcmsg header{};
    header.tcm_ifindex = static_cast<int>(if_nametoindex("lo"));
    header.tcm_parent = TC_H_ROOT;
    header.tcm_handle = TC_H_MAKE(1U << 16U, 0U);
    NetlinkMessage request{RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, header};
    request.put_text(TCA_KIND, "netem");
    tc_netem_qopt options{};
    options.limit = 1000;
    request.put_object(TCA_OPTIONS, options);
    NetlinkBatch batch;
    batch.append(request, [](const NetlinkMessageView&) -> std::string { return "make netem"; });
    return netlink.execute(batch);
}

Result<void> make_tun() {
    const UniqueFd device{open("/dev/net/tun", O_RDWR | O_CLOEXEC)};
    if (!device) return Error::from_errno(errno, "open /dev/net/tun");
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(device.get(), TUNSETIFF, &request) != 0)
        return Error::from_errno(errno, "make a TUN device");
    return success();
}

void report(int out_fd, std::size_t index, const Result<void>& result) {
    const std::string words = result ? "" : result.error().to_string();
    // The parent takes what it can read; there is nobody else to tell.
    dprintf(out_fd, "%zu %d %s\n", index, result ? 1 : 0, words.c_str());
}

/// The child's part: one line for each trial, until one fails that the others need.
void try_all(int out_fd, bool with_rights) {
    std::size_t index = 0;
    if (!with_rights) {
        const Result<void> result = become_root_of_own_namespace();
        report(out_fd, index, result);
        if (!result) return;
    }
    const Result<void> namespaces = make_namespaces();
    report(out_fd, ++index, namespaces);
    if (!namespaces) return;
    auto netlink = Netlink::open();
    const auto with_netlink = [&](Result<void> (*make)(Netlink&)) {
        report(out_fd, ++index, netlink ? make(netlink.value()) : Result<void>{netlink.error()});
    };
    with_netlink(make_veth);
    with_netlink(make_bridge);
    with_netlink(make_vxlan);
    with_netlink(give_ipv6_address);
    report(out_fd, ++index, make_nftables_chain());
    with_netlink(make_netem);
    report(out_fd, ++index, make_tun());
}

}  // namespace

FeatureTrials try_features(bool with_rights) {
    FeatureTrials trials;
    const auto text = text_of_child([&](int out_fd) { try_all(out_fd, with_rights); }, kLimit);
    if (!text) {
        trials.namespaces = Trial::refused(text.error().to_string());
        return trials;
    }
    std::string_view rest = text.value();
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        // "INDEX WORKED WORDS", both numbers of one digit.
        if (line.size() < 4 || line[0] < '0' ||
            static_cast<std::size_t>(line[0] - '0') >= std::size(kTrials))
            continue;
        trials.*kTrials[line[0] - '0'] =
            line[2] == '1' ? Trial::success() : Trial::refused(std::string{line.substr(4)});
    }
    return trials;
}

}  // namespace flatlan::lab
