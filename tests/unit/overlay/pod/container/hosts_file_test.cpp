#include "overlay/pod/container/hosts_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::pod {
namespace {

using testing::HasSubstr;
using testing::Not;

HostsEntry entry(const char* name, const char* address) {
    HostsEntry made{PodName::from_text(name).value(), {}};
    made.addresses.set(IpAddress::from_text(address).value());
    return made;
}

TEST(HostsFile, NamesThePodItselfAndAllOthers) {
    const HostsEntry own = entry("web", "10.244.0.1");
    PodLaunch pod{.name = own.pod,
                  .contents = {},
                  .node = "n1",
                  .addresses = own.addresses,
                  .host_addresses = {},
                  .sandbox = {}};
    pod.contents.hostname = "www";
    const std::vector<HostsEntry> lab{entry("client", "fd00::7"), entry("other/web", "10.244.0.9"),
                                      own};
    const std::string text = hosts_file(pod, lab);
    EXPECT_THAT(text, HasSubstr("127.0.0.1\tlocalhost\n"));
    EXPECT_THAT(text, HasSubstr("10.244.0.1\twww web web.default\n"));
    EXPECT_THAT(text, HasSubstr("fd00::7\tclient client.default\n"));
    // Of another namespace: a short name would be the pod's own.
    EXPECT_THAT(text, HasSubstr("10.244.0.9\tweb.other\n"));
    EXPECT_THAT(text, Not(HasSubstr("10.244.0.9\tweb ")));
    EXPECT_EQ(text.find("10.244.0.1\t"), text.rfind("10.244.0.1\t"));
}

}  // namespace
}  // namespace flatlan::pod
