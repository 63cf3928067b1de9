#include "overlay/base/result.hpp"

#include <cerrno>
#include <cstring>

namespace flatlan {
namespace {

ErrorCode code_of_errno(int errno_value) {
    switch (errno_value) {
        case EPERM:
        case EACCES:
        case EROFS:
            return ErrorCode::forbidden;
        case ENOENT:
        case ESRCH:
        case ENODEV:
        case ENXIO:
            return ErrorCode::not_found;
        case EEXIST:
        case EADDRINUSE:
            return ErrorCode::already_exists;
        case EMFILE:
        case ENFILE:
        case ENOSPC:
        case ENOMEM:
        case ENOBUFS:
        case EDQUOT:
            return ErrorCode::exhausted;
        case EAGAIN:
        case EBUSY:
            return ErrorCode::unavailable;
        case ETIMEDOUT:
            return ErrorCode::timed_out;
        case EOPNOTSUPP:
        case ENOSYS:
        case EAFNOSUPPORT:
        case EPROTONOSUPPORT:
            return ErrorCode::unsupported;
        default:
            return ErrorCode::system;
    }
}

}  // namespace

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
            return "invalid_argument";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::already_exists:
            return "already_exists";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::exhausted:
            return "exhausted";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::timed_out:
            return "timed_out";
        case ErrorCode::forbidden:
            return "forbidden";
        case ErrorCode::unsupported:
            return "unsupported";
        case ErrorCode::interrupted:
            return "interrupted";
        case ErrorCode::corrupt:
            return "corrupt";
        case ErrorCode::system:
            return "system";
    }
    return "system";
}

Error Error::from_errno(int errno_value, std::string_view attempt) {
    Error error{code_of_errno(errno_value),
                std::string{attempt} + ": " + std::strerror(errno_value)};
    error.errno_ = errno_value;
    return error;
}

Error Error::within(std::string_view attempt) && {
    text_.insert(0, std::string{attempt} + ": ");
    return std::move(*this);
}

Error Error::at(std::string where) && {
    if (where_.empty()) where_ = std::move(where);
    return std::move(*this);
}

Error Error::expecting(std::string expected) && {
    expected_ = std::move(expected);
    return std::move(*this);
}

Error Error::as(ErrorCode code) && {
    code_ = code;
    return std::move(*this);
}

std::string Error::to_string() const {
    std::string out;
    if (!where_.empty()) out += where_ + ": ";
    out += text_;
    if (!expected_.empty()) out += " (expected " + expected_ + ")";
    return out;
}

}  // namespace flatlan
