#include "overlay/pod/sandbox/link_alias.hpp"

#include <gtest/gtest.h>

namespace flatlan::pod {
namespace {

TEST(LinkAlias, IsReadAsItWasWritten) {
    for (const LinkAlias& alias : {LinkAlias{"flatlan/7f3a/eth0", "default/web"},
                                   LinkAlias{"flatlan/7f3a/eth0", ""}, LinkAlias{}}) {
        EXPECT_EQ(link_alias_from_text(to_text(alias)), alias) << to_text(alias);
    }
    EXPECT_EQ(to_text({"flatlan/7f3a/eth0", "default/web"}), "flatlan/7f3a/eth0 default/web");
}

TEST(LinkAlias, HasRoomForSoMuch) {
    const std::string name(63, 'a');
    const std::string key(kAliasSizeMax - 65, 'k');
    EXPECT_EQ(to_text({key, "d/" + name.substr(1)}).size(), kAliasSizeMax);
    EXPECT_EQ(to_text({key, "d/" + name}), key);
    EXPECT_EQ(to_text({std::string(kAliasSizeMax + 1, 'k'), "d/a"}), "");
}

TEST(LinkAlias, OfSomebodyElseNamesNoPod) {
    EXPECT_EQ(link_alias_from_text("uplink to rack 7").pod, "");
    EXPECT_EQ(link_alias_from_text("uplink to rack 7").lease_key, "uplink");
    EXPECT_EQ(link_alias_from_text("key default/web extra").pod, "");
    EXPECT_EQ(link_alias_from_text("key ").pod, "");
}

TEST(KubernetesPod, IsALabelAndASubdomain) {
    for (const char* const pod : {"default/web", "a/b", "1/2", "kube-system/etcd-a.example.com"})
        EXPECT_TRUE(is_kubernetes_pod(pod)) << pod;
    for (const char* const other :
         {"", "/", "web", "/web", "default/", "default/web/x", "de.fault/web", "default/-web",
          "default/web-", "default/we b", "default/Web", "default/a..b", "default/.a", "default/a.",
          "default/\x1b"})
        EXPECT_FALSE(is_kubernetes_pod(other)) << other;
    const std::string label(63, 'a');
    EXPECT_TRUE(is_kubernetes_pod(label + "/" + label));
    EXPECT_FALSE(is_kubernetes_pod(label + "a/" + label));
    const std::string subdomain = label + "." + label + "." + label + "." + label.substr(2);
    EXPECT_TRUE(is_kubernetes_pod("a/" + subdomain));
    EXPECT_FALSE(is_kubernetes_pod("a/" + subdomain + "a"));
}

}  // namespace
}  // namespace flatlan::pod
