#include "overlay/base/link_local.hpp"

#include <gtest/gtest.h>

namespace flatlan {
namespace {

// The worked example of RFC 2464, section 4: 34-56-78-9A-BC-DE.
TEST(LinkLocal, IsTheModifiedEui64OfTheMac) {
    EXPECT_EQ(to_string(link_local_from(MacAddress::from_text("34:56:78:9a:bc:de").value())),
              "fe80::3656:78ff:fe9a:bcde");
    EXPECT_EQ(to_string(link_local_from(MacAddress::from_text("02:00:00:00:00:01").value())),
              "fe80::ff:fe00:1");
}

}  // namespace
}  // namespace flatlan
