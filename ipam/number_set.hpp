#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace flatlan::ipam {

/// A set of the numbers below `size` that finds its lowest member in constant time, however many
/// it has: bits in words of 64, and above each level one that has a bit for every word that is not
/// empty. 2^24 numbers need four levels and 2 MiB.
class NumberSet {
public:
    /// Empty; `size` is at least 1.
    explicit NumberSet(std::size_t size);

    void insert(std::size_t number);
    void insert_all();
    void erase(std::size_t number);
    bool contains(std::size_t number) const;
    std::optional<std::size_t> lowest() const;
    std::size_t count() const { return count_; }
    bool empty() const { return count_ == 0; }

private:
    static constexpr unsigned kWordBits = 64;

    std::vector<std::vector<std::uint64_t>> levels_;  ///< members first, the single word last
    std::size_t size_;
    std::size_t count_ = 0;
};

}  // namespace flatlan::ipam
