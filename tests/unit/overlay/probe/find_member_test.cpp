#include "overlay/probe/find_member.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::probe {
namespace {

using testing::HasSubstr;
using testing::Not;

Member member(const std::string& name, const char* address) {
    Member made{.name = name, .kind = MemberKind::pod, .node = std::nullopt, .addresses = {}};
    made.addresses.set(IpAddress::from_text(address).value());
    return made;
}

class FindMemberTest : public testing::Test {
protected:
    std::string refusal(const std::string& name) const {
        const auto found = find_member(members, name);
        return found ? "found" : found.error().to_string();
    }
    std::vector<Member> members{member("node/n1", "10.244.0.0"),
                                member("default/web", "10.244.0.1"),
                                member("default/pod-3", "10.244.0.2"),
                                member("shop/cart", "10.244.0.3"), member("0f7c", "fd00::4")};
};

TEST_F(FindMemberTest, ByNameAndByAddress) {
    EXPECT_EQ(find_member(members, "node/n1").value(), MemberId{0});
    EXPECT_EQ(find_member(members, "default/web").value(), MemberId{1});
    EXPECT_EQ(find_member(members, "web").value(), MemberId{1});
    EXPECT_EQ(find_member(members, "shop/cart").value(), MemberId{3});
    EXPECT_EQ(find_member(members, "0f7c").value(), MemberId{4});
    EXPECT_EQ(find_member(members, "10.244.0.3").value(), MemberId{3});
    EXPECT_EQ(find_member(members, "fd00:0::4").value(), MemberId{4});
}

TEST_F(FindMemberTest, NamesWhatWasPerhapsMeant) {
    EXPECT_THAT(refusal("pod-33"), HasSubstr("expected pod-3"));
    EXPECT_THAT(refusal("default/wbe"), HasSubstr("default/web"));
    EXPECT_THAT(refusal("cart"), HasSubstr("shop/cart"));
    EXPECT_THAT(refusal("nothing-like-it"), Not(HasSubstr("expected")));
    EXPECT_THAT(refusal("10.244.0.9"), HasSubstr("10.244.0.9"));
}

}  // namespace
}  // namespace flatlan::probe
