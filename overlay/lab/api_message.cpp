#include "overlay/lab/api_message.hpp"

#include <nlohmann/json.hpp>

namespace flatlan::lab {
namespace {

constexpr ErrorCode kCodes[] = {
    ErrorCode::invalid_argument, ErrorCode::not_found, ErrorCode::already_exists,
    ErrorCode::conflict,         ErrorCode::exhausted, ErrorCode::unavailable,
    ErrorCode::timed_out,        ErrorCode::forbidden, ErrorCode::unsupported,
    ErrorCode::interrupted,      ErrorCode::corrupt,   ErrorCode::system,
};

unsigned http_status(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
            return 400;
        case ErrorCode::forbidden:
            return 403;
        case ErrorCode::not_found:
            return 404;
        case ErrorCode::already_exists:
        case ErrorCode::conflict:
            return 409;
        case ErrorCode::unavailable:
            return 503;
        case ErrorCode::unsupported:
            return 501;
        default:
            return 500;
    }
}

}  // namespace

Result<void> check_socket_path(const std::string& path) {
    if (path.size() <= kSocketPathSizeMax) return success();
    return Error{ErrorCode::invalid_argument, "'" + path + "' is too long for a socket's path"}
        .expecting("at most " + std::to_string(kSocketPathSizeMax) + " octets");
}

std::string error_to_json(const Error& error) {
    const nlohmann::ordered_json json{{"error",
                                       {{"code", to_string(error.code())},
                                        {"message", error.text()},
                                        {"where", error.where()},
                                        {"expected", error.expected()}}}};
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Error error_from_json(std::string_view text) {
    try {
        const auto json = nlohmann::ordered_json::parse(text);
        const auto& told = json.at("error");
        const std::string word = told.at("code").get<std::string>();
        for (const ErrorCode code : kCodes) {
            if (to_string(code) != word) continue;
            return Error{code, told.at("message").get<std::string>()}
                .at(told.at("where").get<std::string>())
                .expecting(told.at("expected").get<std::string>());
        }
        return Error{ErrorCode::corrupt,
                     "the lab's supervisor answered with the unknown error '" + word + "'"};
    } catch (const nlohmann::ordered_json::exception& thrown) {
        return Error{ErrorCode::corrupt,
                     std::string{"read the supervisor's answer: "} + thrown.what()};
    }
}

ApiResponse refuse(const Error& error) { return {http_status(error.code()), error_to_json(error)}; }

}  // namespace flatlan::lab
