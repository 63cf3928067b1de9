#include "tools/cni/failure.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::cni {
namespace {

Code code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::exhausted:
        case ErrorCode::unavailable:
        case ErrorCode::timed_out:
            return Code::try_again_later;
        default:
            return Code::machine;
    }
}

}  // namespace

Failure::Failure(const Error& error) : Failure{code_of(error.code()), error} {}

Failure::Failure(Code code_, const Error& error)
    : code{code_},
      message{error.text()},
      details{error.expected().empty() ? "" : "expected " + error.expected()} {}

Failure Failure::within(std::string_view attempt) && {
    message = std::string{attempt} + ": " + message;
    return std::move(*this);
}

std::string to_json(const Failure& failure, Version version) {
    nlohmann::ordered_json object{{"cniVersion", to_string(version)},
                                  {"code", static_cast<int>(failure.code)},
                                  {"msg", failure.message}};
    if (!failure.details.empty()) object["details"] = failure.details;
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace flatlan::cni
