#include "overlay/pod/container/hosts_file.hpp"

namespace flatlan::pod {
namespace {

constexpr std::string_view kHead =
    "# Kept up to date by flatlan: every pod of the lab.\n"
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n";

void add_lines(std::string& text, const IpAddresses& addresses, const std::string& names) {
    const auto add = [&](const std::string& address) {
        text += address;
        text += '\t';
        text += names;
        text += '\n';
    };
    if (addresses.ipv4) add(to_string(*addresses.ipv4));
    if (addresses.ipv6) add(to_string(*addresses.ipv6));
}

}  // namespace

std::string hosts_file(const PodLaunch& pod, const std::vector<HostsEntry>& lab) {
    std::string text{kHead};
    const auto full_name = [](const PodName& name) {
        return name.name() + "." + name.pod_namespace();
    };
    std::string own = pod.contents.hostname.empty() ? "" : pod.contents.hostname + " ";
    own += pod.name.name() + " " + full_name(pod.name);
    add_lines(text, pod.addresses, own);
    for (const HostsEntry& entry : lab) {
        if (entry.pod == pod.name) continue;
        const bool near = entry.pod.pod_namespace() == pod.name.pod_namespace();
        add_lines(text, entry.addresses,
                  (near ? entry.pod.name() + " " : "") + full_name(entry.pod));
    }
    return text;
}

}  // namespace flatlan::pod
