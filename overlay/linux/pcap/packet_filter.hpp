#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"

namespace flatlan {

/// A filter of packets in libpcap's language (pcap-filter(7)), as a program that the kernel runs.
class PacketFilter {
public:
    /// One instruction of classic BPF (struct sock_filter in linux/filter.h).
    struct Instruction {
        std::uint16_t code;
        std::uint8_t jump_true;
        std::uint8_t jump_false;
        std::uint32_t operand;
    };

    /// For packets of any device: it looks at each packet's own kind of device, Ethernet or one
    /// without a header of its own. An empty text takes everything. Error invalid_argument with
    /// libpcap's words when it does not compile, or when the kernel takes no program so long.
    static Result<PacketFilter> compile(const std::string& text);

    /// Has the kernel keep from the packet socket what does not pass.
    Result<void> attach(int socket) const;

private:
    std::vector<Instruction> program_;
};

}  // namespace flatlan
