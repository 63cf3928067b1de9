#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/linux/namespace.hpp"

/// What the counters of an nftables table of the family `inet` have counted, and by what one is
/// recognised.
namespace flatlan {

/// Octets from the IP header on.
struct NftCount {
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
};

/// Of a named counter.
struct NftNamedCount {
    std::string name;
    NftCount count{};
};

/// Of an element of a set; its key in network order.
struct NftElementCount {
    std::vector<std::byte> key;
    NftCount count{};
};

/// Empty when there is no such table.
Result<std::vector<NftNamedCount>> read_named_counts(const Namespace& network,
                                                     const std::string& table);
/// Of those elements that count; empty when there is no such set.
Result<std::vector<NftElementCount>> read_element_counts(const Namespace& network,
                                                         const std::string& table,
                                                         const std::string& set);

/// The keys of a set's elements, in network order; empty when there is no such set.
Result<std::vector<std::vector<std::byte>>> read_element_keys(const Namespace& network,
                                                              const std::string& table,
                                                              const std::string& set);

/// The comment on the table, or nothing when there is none or no such table.
Result<std::string> read_table_comment(const Namespace& network, const std::string& table);

}  // namespace flatlan
