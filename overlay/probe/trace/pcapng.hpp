#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "overlay/base/time.hpp"
#include "overlay/probe/trace/frame.hpp"

namespace flatlan::trace {

/// A capture file of several interfaces with names, as Wireshark reads it (pcapng:
/// draft-ietf-opsawg-pcapng). In little-endian order, times in nanoseconds.
class PcapngFile {
public:
    PcapngFile();

    /// One packet; an interface that has not been named before is added to the file.
    void add(const std::string& interface, LinkLayer layer, bool outgoing, Duration since_1970,
             std::span<const std::byte> octets);

    std::span<const std::byte> bytes() const { return bytes_; }

private:
    std::uint32_t number_of(const std::string& interface, LinkLayer layer);

    std::vector<std::byte> bytes_;
    std::vector<std::string> interfaces_;
};

}  // namespace flatlan::trace
