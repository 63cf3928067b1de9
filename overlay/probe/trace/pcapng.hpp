#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
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

    /// What has been added, or what of it has not been taken.
    std::span<const std::byte> bytes() const { return bytes_; }
    /// The same, to be written to the end of a file that grows.
    std::vector<std::byte> take_bytes() { return std::exchange(bytes_, {}); }

private:
    std::uint32_t number_of(const std::string& interface, LinkLayer layer);

    std::vector<std::byte> bytes_;
    std::vector<std::string> interfaces_;
};

}  // namespace flatlan::trace
