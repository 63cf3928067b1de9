#include "tools/cni/environment.hpp"

#include <algorithm>
#include <vector>

#include "ipam/lease.hpp"
#include "overlay/base/network_values.hpp"
#include "tools/cni/words.hpp"

namespace flatlan::cni {
namespace {

Outcome<Verb> verb_of(const std::optional<std::string>& text) {
    constexpr std::array kVerbs{Verb::add, Verb::del,    Verb::check,
                                Verb::gc,  Verb::status, Verb::version};
    const auto found = std::find_if(kVerbs.begin(), kVerbs.end(),
                                    [&](Verb verb) { return text && *text == to_string(verb); });
    if (found != kVerbs.end()) return *found;
    return Failure{Code::invalid_environment,
                   text ? "CNI_COMMAND is " + printable(*text) : "CNI_COMMAND is not set",
                   "expected ADD, DEL, CHECK, GC, STATUS or VERSION"};
}

/// What is wrong with the environment, variable by variable.
class Complaints {
public:
    void add(const std::string& what, const std::string& expected) {
        if (!message_.empty()) message_ += "; ";
        message_ += what;
        if (details_.find(expected) != std::string::npos) return;
        details_ += (details_.empty() ? "expected " : "; ") + expected;
    }
    Outcome<void> result() const {
        if (message_.empty()) return success();
        return Failure{Code::invalid_environment, message_, details_};
    }

private:
    std::string message_;
    std::string details_;
};

void check_container(const std::string& container, Complaints& complaints) {
    static constexpr auto kExpected =
        "CNI_CONTAINERID of letters, digits, '_', '.' and '-', a letter or digit first";
    if (container.empty())
        complaints.add("CNI_CONTAINERID is not set", kExpected);
    else if (!ipam::is_cni_name(container))
        complaints.add("CNI_CONTAINERID is " + printable(container), kExpected);
}

void check_interface(const std::string& interface, Complaints& complaints) {
    static constexpr auto kExpected =
        "CNI_IFNAME of 1 to 15 characters without '/', ':' or space, not '.' or '..'";
    if (interface.empty())
        complaints.add("CNI_IFNAME is not set", kExpected);
    else if (!InterfaceName::from(interface))
        complaints.add("CNI_IFNAME is " + printable(interface), kExpected);
}

}  // namespace

Outcome<Environment> Environment::read(const Variables& variables) {
    FLATLAN_TRY(verb, verb_of(variables("CNI_COMMAND")));
    const auto text = [&](const char* name) { return variables(name).value_or(""); };
    Environment environment{.verb = verb,
                            .container = text("CNI_CONTAINERID"),
                            .netns = text("CNI_NETNS"),
                            .interface = text("CNI_IFNAME"),
                            .arguments = text("CNI_ARGS")};

    Complaints complaints;
    const bool attaches = verb == Verb::add || verb == Verb::check;
    if (attaches || verb == Verb::del) check_container(environment.container, complaints);
    if (attaches && environment.netns.empty())
        complaints.add("CNI_NETNS is not set", "CNI_NETNS with the path of a network namespace");
    if (attaches || verb == Verb::del) check_interface(environment.interface, complaints);
    FLATLAN_TRY_VOID(complaints.result());
    return environment;
}

}  // namespace flatlan::cni
