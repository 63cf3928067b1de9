#include <map>
#include <string>

#include "overlay/base/text.hpp"
#include "tests/fuzz/fuzz_codec.hpp"
#include "tools/cni/add_result.hpp"
#include "tools/cni/request.hpp"

namespace flatlan::tunnel {
namespace {

constexpr std::string_view kProgram = "flatlan-cni";

/// What a runtime hands over, as one text: "NAME=VALUE" lines, an empty line, standard input.
struct Handed {
    std::map<std::string, std::string, std::less<>> variables;
    std::string input;
};

Handed handed_of(std::string_view text) {
    Handed handed;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty()) break;
        const auto equals = line.find('=');
        if (equals != line.npos)
            handed.variables.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    handed.input = text;
    return handed;
}

cni::Outcome<cni::Request> parse(const Handed& handed) {
    const auto variable = [&](const char* name) -> std::optional<std::string> {
        const auto found = handed.variables.find(std::string_view{name});
        if (found == handed.variables.end()) return std::nullopt;
        return found->second;
    };
    return cni::Request::parse(variable, handed.input, kProgram);
}

/// An error is told in words that people and JSON can bear.
void check_failure(const cni::Failure& failure, std::string_view input) {
    FLATLAN_CHECK(!failure.message.empty());
    FLATLAN_CHECK(!find_invalid_utf8(cni::to_json(failure, cni::answer_version(input))));
}

/// What was understood holds together, and an answer to it can be written.
void check_request(const cni::Request& request) {
    const auto& [environment, configuration] = request;
    const bool attaches = environment.verb == cni::Verb::add ||
                          environment.verb == cni::Verb::del ||
                          environment.verb == cni::Verb::check;
    if (attaches) {
        const auto key = ipam::LeaseKey::from_text(request.key().text());
        FLATLAN_CHECK(key && key.value() == request.key());
    }
    if (environment.verb == cni::Verb::check) {
        const auto expected = cni::expected_of(configuration, environment.interface);
        if (!expected) check_failure(expected.error(), {});
    }
    if (environment.verb != cni::Verb::add) return;
    cni::AddResult result{
        .interfaces = {{.name = environment.interface, .mac = {}, .sandbox = environment.netns}}};
    for (const IpFamily family : {IpFamily::ipv4, IpFamily::ipv6})
        if (const auto wished = configuration.wishes.addresses.find(family))
            result.addresses.push_back({*wished, address_bits(family), *wished});
    const auto answer = cni::to_json(result, configuration);
    if (!answer) return check_failure(answer.error(), {});
    FLATLAN_CHECK(!find_invalid_utf8(answer.value()));
    // The answer comes back as the next plugin's `prevResult`.
    FLATLAN_CHECK(answer.value().back() == '\n');
}

}  // namespace

/// The variables and the configuration of a call of flatlan-cni: whatever they are, they are
/// understood or refused in words.
void fuzz(std::span<const std::byte> input) {
    const Handed handed = handed_of({reinterpret_cast<const char*>(input.data()), input.size()});
    const auto request = parse(handed);
    if (!request) return check_failure(request.error(), handed.input);
    check_request(request.value());
}

}  // namespace flatlan::tunnel
