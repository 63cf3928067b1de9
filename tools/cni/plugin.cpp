#include "tools/cni/plugin.hpp"

#include <nlohmann/json.hpp>

#include "overlay/linux/boot.hpp"
#include "tools/cni/log.hpp"
#include "tools/cni/verbs.hpp"

namespace flatlan::cni {
namespace {

/// A verb that answers nothing but that it went well.
Outcome<std::string> silent(const Outcome<void>& done) {
    if (!done) return done.error();
    return std::string{};
}

Outcome<std::string> carry_out(const Request& request) {
    const bool delegated = request.configuration.delegated;
    switch (request.environment.verb) {
        case Verb::add:
            return delegated ? add_addresses(request) : add(request);
        case Verb::del:
            return silent(del(request));
        case Verb::check:
            return silent(delegated ? check_addresses(request) : check(request));
        case Verb::gc:
            return silent(gc(request));
        case Verb::status:
            return silent(status(request));
        case Verb::version:
            break;
    }
    return version(request);
}

Answer answer_of(const Outcome<std::string>& outcome, Version version) {
    if (outcome) return {.standard_output = outcome.value()};
    return {.exit_status = 1, .standard_output = to_json(outcome.error(), version)};
}

}  // namespace

std::string version(const Request& request) {
    const nlohmann::ordered_json answer{{"cniVersion", to_string(request.configuration.version)},
                                        {"supportedVersions", kVersionTexts}};
    return answer.dump(2) + "\n";
}

Answer run_plugin(const Environment::Variables& variables, std::string_view standard_input,
                  std::string_view program) {
    const Instant began = boot_time_now();
    const auto request = Request::parse(variables, standard_input, program);
    if (!request) {
        Answer answer = answer_of(request.error(), answer_version(standard_input));
        return answer;
    }
    const auto outcome = carry_out(request.value());
    Answer answer = answer_of(outcome, request.value().configuration.version);
    if (const auto logged = log_call(request.value(), outcome, boot_time_now() - began); !logged)
        answer.standard_error = "flatlan-cni: " + logged.error().to_string() + "\n";
    return answer;
}

Answer unreadable_input(std::string_view reason) {
    return answer_of(
        Failure{Code::io_failure, "standard input cannot be read: " + std::string{reason}},
        kNewest);
}

}  // namespace flatlan::cni
