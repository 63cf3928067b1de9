#include "ipam/number_set.hpp"

#include <algorithm>
#include <bit>

#include "overlay/base/check.hpp"

namespace flatlan::ipam {

NumberSet::NumberSet(std::size_t size) : size_{size} {
    FLATLAN_CHECK(size > 0);
    std::size_t words = size;
    do {
        words = (words + kWordBits - 1) / kWordBits;
        levels_.emplace_back(words, 0);
    } while (words > 1);
}

void NumberSet::insert(std::size_t number) {
    FLATLAN_CHECK(number < size_);
    if (contains(number)) return;
    ++count_;
    for (auto& level : levels_) {
        std::uint64_t& word = level[number / kWordBits];
        const bool known_above = word != 0;
        word |= std::uint64_t{1} << (number % kWordBits);
        if (known_above) return;
        number /= kWordBits;
    }
}

void NumberSet::insert_all() {
    std::size_t numbers = size_;
    for (auto& level : levels_) {
        std::fill(level.begin(), level.end(), ~std::uint64_t{0});
        if (const auto rest = numbers % kWordBits; rest != 0)
            level.back() = (std::uint64_t{1} << rest) - 1;
        numbers = level.size();
    }
    count_ = size_;
}

void NumberSet::erase(std::size_t number) {
    if (!contains(number)) return;
    --count_;
    for (auto& level : levels_) {
        std::uint64_t& word = level[number / kWordBits];
        word &= ~(std::uint64_t{1} << (number % kWordBits));
        if (word != 0) return;
        number /= kWordBits;
    }
}

bool NumberSet::contains(std::size_t number) const {
    FLATLAN_CHECK(number < size_);
    return ((levels_.front()[number / kWordBits] >> (number % kWordBits)) & 1U) != 0;
}

std::optional<std::size_t> NumberSet::lowest() const {
    if (empty()) return std::nullopt;
    std::size_t number = 0;
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level)
        number = number * kWordBits + static_cast<std::size_t>(std::countr_zero((*level)[number]));
    return number;
}

}  // namespace flatlan::ipam
