#include "overlay/registry/etcd/etcd_status.hpp"

#include <grpcpp/support/status.h>

#include <charconv>

namespace flatlan::registry {
namespace {

constexpr std::string_view kNoLeader = "etcdserver: no leader";
constexpr std::string_view kWrongPassword = "etcdserver: authentication failed";
constexpr std::string_view kNoUser = "etcdserver: user name is empty";

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

Error lost(const std::string& text, bool changes) {
    if (!changes) return Error{ErrorCode::unavailable, "etcd does not answer: " + text};
    return Error{ErrorCode::timed_out,
                 "etcd does not answer, and may have done it or do it yet: " + text};
}

Error refused(const std::string& text) {
    Error error{ErrorCode::forbidden, "etcd refuses: " + text};
    if (has(text, kNoUser)) return std::move(error).expecting("a user and a password");
    return error;
}

}  // namespace

Error error_of(const grpc::Status& status, bool changes) {
    const std::string text = connection_failure(status.error_message());
    switch (status.error_code()) {
        case grpc::StatusCode::UNAVAILABLE:
            if (text == kNoLeader) return Error{ErrorCode::unavailable, "etcd has no leader now"};
            return lost(text, changes);
        case grpc::StatusCode::DEADLINE_EXCEEDED:
        case grpc::StatusCode::CANCELLED:
            return lost("no answer in time", changes);
        case grpc::StatusCode::UNAUTHENTICATED:
        case grpc::StatusCode::PERMISSION_DENIED:
            return refused(text);
        case grpc::StatusCode::INVALID_ARGUMENT:
            if (has(text, kWrongPassword) || has(text, kNoUser) || is_token_stale(text))
                return refused(text);
            return Error{ErrorCode::system, "etcd: " + text};
        case grpc::StatusCode::UNIMPLEMENTED:
            return Error{ErrorCode::unsupported, "what answers is no etcd of API 3: " + text}
                .expecting("etcd 3.4 or a later 3");
        case grpc::StatusCode::NOT_FOUND:
            return Error{ErrorCode::not_found, "etcd: " + text};
        case grpc::StatusCode::RESOURCE_EXHAUSTED:
            return Error{ErrorCode::exhausted, "etcd: " + text};
        case grpc::StatusCode::DATA_LOSS:
            return Error{ErrorCode::corrupt, "etcd: " + text};
        default:
            return Error{ErrorCode::system, "etcd: " + text};
    }
}

std::string connection_failure(std::string_view grpc_text) {
    if (has(grpc_text, "certificate verify failed"))
        return "its certificate is signed by no authority that is known here";
    if (has(grpc_text, "Hostname Verification Check failed") ||
        has(grpc_text, "is not in peer certificate"))
        return "its certificate is for another host";
    if (has(grpc_text, "WRONG_VERSION_NUMBER")) return "it does not speak TLS";
    if (has(grpc_text, "http1.x server")) return "it speaks HTTP/1, not gRPC";
    if (has(grpc_text, "Connection refused")) return "connection refused";
    if (has(grpc_text, "DNS resolution failed") || has(grpc_text, "Domain name not found"))
        return "its name is not known";
    return std::string{grpc_text};
}

bool is_token_stale(std::string_view etcd_text) {
    return has(etcd_text, "invalid auth token") || has(etcd_text, "revision of auth store is old");
}

bool is_authentication_off(const grpc::Status& status) {
    return status.error_code() == grpc::StatusCode::FAILED_PRECONDITION &&
           has(status.error_message(), "authentication is not enabled");
}

bool is_version_spoken(std::string_view version) {
    if (!version.starts_with("3.")) return false;
    unsigned minor = 0;
    const auto [end, failed] =
        std::from_chars(version.data() + 2, version.data() + version.size(), minor);
    return failed == std::errc{} && minor >= 4;
}

}  // namespace flatlan::registry
