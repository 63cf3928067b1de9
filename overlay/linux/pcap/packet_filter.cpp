#include "overlay/linux/pcap/packet_filter.hpp"

#include <linux/filter.h>
#include <linux/if_arp.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <optional>

namespace flatlan {
namespace {

using Program = std::vector<PacketFilter::Instruction>;

constexpr int kSnapshotBytes = 262'144;  // as tcpdump's: packets are not cut

struct Close {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
};

/// For devices of one kind (DLT_EN10MB, DLT_RAW).
Result<Program> compile_for(int link_type, const std::string& text) {
    const std::unique_ptr<pcap_t, Close> handle{pcap_open_dead(link_type, kSnapshotBytes)};
    if (!handle) return Error{ErrorCode::exhausted, "libpcap has no memory"};
    bpf_program compiled{};
    if (pcap_compile(handle.get(), &compiled, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
        return Error{ErrorCode::invalid_argument,
                     "the filter '" + text + "' does not compile: " + pcap_geterr(handle.get())}
            .at("FILTER")
            .expecting("a filter as in pcap-filter(7), such as 'icmp' or 'udp port 4789'");
    Program program;
    for (unsigned i = 0; i < compiled.bf_len; ++i) {
        const bpf_insn& each = compiled.bf_insns[i];
        program.push_back({each.code, each.jt, each.jf, each.k});
    }
    pcap_freecode(&compiled);
    return program;
}

PacketFilter::Instruction take_nothing() { return {BPF_RET | BPF_K, 0, 0, 0}; }

}  // namespace

Result<PacketFilter> PacketFilter::compile(const std::string& text) {
    FLATLAN_TRY(ethernet, compile_for(DLT_EN10MB, text));
    // What is said of Ethernet alone no other device can have.
    auto bare = compile_for(DLT_RAW, text);
    const Program raw = bare ? std::move(bare).value() : Program{take_nothing()};

    constexpr auto kKindOfDevice = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_HATYPE);
    PacketFilter filter;
    Program& program = filter.program_;
    program = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, kKindOfDevice},
        {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARPHRD_ETHER},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ARPHRD_LOOPBACK},
        {BPF_JMP | BPF_JA, 0, 0, 1},
        {BPF_JMP | BPF_JA, 0, 0, static_cast<std::uint32_t>(ethernet.size())},
    };
    program.insert(program.end(), ethernet.begin(), ethernet.end());
    program.insert(program.end(), raw.begin(), raw.end());
    if (program.size() > BPF_MAXINSNS)
        return Error{ErrorCode::invalid_argument,
                     "the filter makes " + std::to_string(program.size()) +
                         " instructions, and the kernel takes " + std::to_string(BPF_MAXINSNS)}
            .at("FILTER")
            .expecting("a shorter filter");
    return filter;
}

Result<void> PacketFilter::attach(int socket) const {
    std::vector<sock_filter> program;
    for (const Instruction& each : program_)
        program.push_back({each.code, each.jump_true, each.jump_false, each.operand});
    const sock_fprog wanted{.len = static_cast<unsigned short>(program.size()),
                            .filter = program.data()};
    if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &wanted, sizeof wanted) != 0)
        return Error::from_errno(errno, "give a filter to the kernel");
    return success();
}

}  // namespace flatlan
