#include "tunnel/engine/tunnel_traffic_class.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace flatlan::tunnel {
namespace {

/// RFC 6040, figure 4, row by row; nothing where the packet is to be dropped.
std::optional<Ecn> figure_4(Ecn inner, Ecn outer) {
    if (inner == Ecn::ce) return Ecn::ce;
    if (inner == Ecn::not_ect) return outer == Ecn::ce ? std::nullopt : std::optional{inner};
    if (outer == Ecn::ce) return Ecn::ce;
    if (inner == Ecn::ect0 && outer == Ecn::ect1) return Ecn::ect1;
    return inner;
}

TEST(TunnelTrafficClass, CombinesEcnAsFigure4OfRfc6040) {
    for (unsigned inner = 0; inner < 4; ++inner)
        for (unsigned outer = 0; outer < 4; ++outer) {
            const auto combined =
                inner_traffic_class(TrafficClass::from_octet(static_cast<std::uint8_t>(inner)),
                                    TrafficClass::from_octet(static_cast<std::uint8_t>(outer)));
            const auto expected = figure_4(Ecn{static_cast<std::uint8_t>(inner)},
                                           Ecn{static_cast<std::uint8_t>(outer)});
            ASSERT_EQ(static_cast<bool>(combined), expected.has_value()) << inner << " " << outer;
            if (combined) {
                EXPECT_EQ(combined->ecn, *expected) << inner << " " << outer;
            } else {
                EXPECT_EQ(combined.reason(), DropReason::congestion);
            }
        }
}

TEST(TunnelTrafficClass, TakesTheDscpThatTheUnderlayLeft) {
    const TrafficClass inner{Dscp{46}, Ecn::ect0};
    EXPECT_EQ(outer_traffic_class(inner), inner);
    EXPECT_EQ(inner_traffic_class(inner, {Dscp{10}, Ecn::ect0})->dscp, Dscp{10});
}

}  // namespace
}  // namespace flatlan::tunnel
