#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace flatlan::trace {

/// The texts of a packet filter's rules by family, table and handle, out of what `nft -a list
/// ruleset` prints.
class Ruleset {
public:
    static Ruleset from_text(std::string_view listing);

    /// Empty when there is no such rule.
    std::string_view rule(const std::string& family, const std::string& table,
                          std::uint64_t handle) const;

private:
    std::map<std::tuple<std::string, std::string, std::uint64_t>, std::string> rules_;
};

}  // namespace flatlan::trace
