#include "tools/cli/tunnel_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/base/network_values.hpp"

namespace flatlan::cli {
namespace {

using testing::HasSubstr;

lab::LabStatus sample() {
    lab::LabStatus status{.lab = LabName::from("demo").value()};
    lab::NodeStatus one{.name = NodeName::from("n1").value()};
    one.tunnel = tunnel::TunnelFigures{
        .sent = {1234, 56789},
        .received = {12, 1200},
        .drops = {{"rx_errors", 0}, {"foreign_source", 7}},
        .offloads = {"rx-checksumming"},
        .peers = {{.node = NodeName::from("n2").value(),
                   .sent = tunnel::TrafficCount{1200, 56000},
                   .received = tunnel::TrafficCount{12, 1200},
                   .drops = {{"foreign_source", 7}},
                   .path_mtu = OverlayMtu{1350}},
                  {.node = NodeName::from("n3").value(), .path_mtu = OverlayMtu{1450}}},
        .notes = {"tx-checksumming of flat0 is off"},
    };
    status.nodes = {one, lab::NodeStatus{.name = NodeName::from("n2").value()}};
    return status;
}

TEST(TunnelText, HasALineForEachTunnelAndEachPeer) {
    const std::string text = tunnel_text(sample(), {});
    EXPECT_EQ(text.substr(0, text.find('\n')),
              "TUNNEL  BACKEND  SENT  OCTETS  RECEIVED  OCTETS  DROPPED           OFFLOADS");
    EXPECT_THAT(text, HasSubstr("n1      kernel   1234   56789        12    1200  "
                                "foreign_source 7  rx-checksumming\n"));
    EXPECT_THAT(text, HasSubstr("n1      n2    1200   56000        12    1200      1350  "
                                "foreign_source 7\n"));
    // Nobody counts for n3, which is not the same as zero.
    EXPECT_THAT(text, HasSubstr("n1      n3       -       -         -       -      1450  "));
}

TEST(TunnelText, SaysWhatIsNotAsItMightBe) {
    const std::string text = tunnel_text(sample(), {});
    EXPECT_THAT(text, HasSubstr("n1: tx-checksumming of flat0 is off\n"));
    EXPECT_THAT(text, HasSubstr("n2: its tunnel's figures could not be read\n"));
}

}  // namespace
}  // namespace flatlan::cli
