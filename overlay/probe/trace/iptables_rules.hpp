#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "overlay/probe/trace/observation.hpp"

namespace flatlan::trace {

/// One table of iptables, as iptables-save(8) prints it.
class IptablesRules {
public:
    static IptablesRules from_text(std::string_view listing);

    /// The rule of a chain by its number, from 1; empty when there is none.
    std::string_view rule(const std::string& chain, unsigned number) const;
    /// "ACCEPT" or "DROP"; empty for a chain of a person's own.
    std::string_view policy(const std::string& chain) const;

private:
    std::map<std::pair<std::string, unsigned>, std::string, std::less<>> rules_;
    std::map<std::string, std::string, std::less<>> policies_;
};

/// What a rule does with a packet that meets it, by its target.
RuleEffect effect_of_rule(std::string_view rule);

}  // namespace flatlan::trace
