#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "overlay/linux/offload.hpp"
#include "tests/conformance/tunnel/cluster.hpp"
#include "tests/conformance/tunnel/icmp_error.hpp"
#include "tests/support/frame_capture.hpp"
#include "tests/support/run_tool.hpp"
#include "tests/support/udp_socket.hpp"

namespace flatlan::tunnel {
namespace {

namespace fs = std::filesystem;
using support::must;
using support::run_tool;
using support::UdpSocket;

using Frames = std::vector<support::FrameCapture::Frame>;

/// A file that every reader of captures knows (pcap-savefile(5)), removed at the end.
class CaptureFile {
public:
    explicit CaptureFile(const Frames& frames)
        : path_{fs::path{testing::TempDir()} /
                ("flatlan-capture-" + std::to_string(::getpid()) + ".pcap")} {
        std::ofstream file{path_, std::ios::binary};
        const auto put = [&](std::uint32_t word) {
            file.write(reinterpret_cast<const char*>(&word), sizeof word);
        };
        constexpr std::uint32_t kVersion = 4U << 16U | 2U;  // major 2 first, minor 4
        constexpr std::uint32_t kEthernet = 1;
        for (const std::uint32_t word : {0xa1b2c3d4U, kVersion, 0U, 0U, 262144U, kEthernet})
            put(word);
        for (const auto& frame : frames) {
            const auto size = static_cast<std::uint32_t>(frame.size());
            for (const std::uint32_t word : {0U, 0U, size, size})
                put(word);
            file.write(reinterpret_cast<const char*>(frame.data()), size);
        }
    }
    CaptureFile(const CaptureFile&) = delete;
    CaptureFile& operator=(const CaptureFile&) = delete;
    ~CaptureFile() { fs::remove(path_); }

    /// How many frames tshark finds to which the filter applies.
    std::size_t count(const Namespace& network, const std::string& filter) const {
        std::string command = "tshark -n -r " + path_.string() + " -Y " + filter;
        for (const char* const protocol : {"ip", "udp", "tcp"})
            command += " -o " + std::string{protocol} + ".check_checksum:TRUE";
        std::istringstream lines{run_tool(network, command + " -T fields -e frame.number")};
        std::size_t found = 0;
        for (std::string line; std::getline(lines, line);)
            found += !line.empty() && std::isdigit(static_cast<unsigned char>(line[0])) ? 1U : 0U;
        return found;
    }

private:
    fs::path path_;
};

/// Checksums are made where the packet is, not by a card that is not there: so the capture has
/// them.
void make_checksums_at_once(const Cluster& cluster) {
    const InterfaceName eth0{"eth0"};
    for (const std::size_t i : {0U, 1U}) {
        must(switch_checksum_offload(cluster.pod(i), eth0, false));
        must(switch_checksum_offload(cluster.node(i), eth0, false));
    }
}

class Capture : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Each, Capture, testing::ValuesIn(pairings()), name_of);

TEST_P(Capture, OfTheUnderlayDecodesWithoutAnErrorOrABadChecksum) {
    Cluster cluster{GetParam(), {.nodes = 2, .underlay = GetParam().underlay}};
    make_checksums_at_once(cluster);
    support::FrameCapture capture{cluster.node(1), "eth0"};
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6}) {
        UdpSocket one{cluster.pod(0), cluster.pod_address(0, family)};
        UdpSocket other{cluster.pod(1), cluster.pod_address(1, family)};
        ASSERT_EQ(exchange(one, other), "");
        allow_fragments(one.fd(), family);
        ASSERT_EQ(one.send(other.endpoint(), std::string(5000, 'x')), "");
        ASSERT_TRUE(other.receive());
        // One by one: for the last of several ping has no patience, whatever -W says.
        for (int echo = 0; echo < 3; ++echo)
            run_tool(cluster.pod(1),
                     "ping -n -c 1 -W 10 " + to_string(cluster.pod_address(0, family)));
    }
    Frames frames;
    while (auto frame = capture.next(std::chrono::milliseconds{200}))
        frames.push_back(std::move(*frame));
    const CaptureFile file{frames};

    const std::string ours = GetParam().near->encapsulates ? "vxlan.vni==1" : "udp||icmp||icmpv6";
    EXPECT_GE(file.count(cluster.pod(0), ours), 16U) << frames.size();
    EXPECT_EQ(file.count(cluster.pod(0),
                         "_ws.malformed||ip.checksum.status==0||udp.checksum.status==0||"
                         "icmp.checksum.status==0||icmpv6.checksum.status==0"),
              0U);
}

}  // namespace
}  // namespace flatlan::tunnel
