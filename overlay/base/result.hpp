#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/try.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace flatlan {

/// What kind of failure an Error is. The words stand in JSON answers, so they are never renamed.
enum class ErrorCode : std::uint8_t {
    invalid_argument,  ///< wrong input: a person has to change something
    not_found,         ///< a thing that was named is not there
    already_exists,    ///< a thing that was to be made is there
    conflict,     ///< another one changed or holds it (a lost compare-and-swap, a taken address)
    exhausted,    ///< no room: addresses, descriptors, a named limit of ours
    unavailable,  ///< try again later: a registry that is down, a lock that is held
    timed_out,    ///< a deadline passed
    forbidden,    ///< the machine or the user's rights do not allow it
    unsupported,  ///< neither the kernel nor this version can do it
    interrupted,  ///< a person stopped it (SIGINT, SIGTERM)
    corrupt,      ///< stored data that cannot be read as what it should be
    system,       ///< any other failure that the kernel reported
};

/// The code's word, as it stands in JSON: "invalid_argument" and so on.
std::string_view to_string(ErrorCode code);

/// Why an operation failed: a code for programs, a sentence for people, the kernel's errno if it
/// was the kernel. Each layer adds one `within`; it is printed once, in main.
class [[nodiscard]] Error {
public:
    /// What a successful Result holds in the error's place; never seen.
    Error() = default;
    Error(ErrorCode code, std::string text) : code_{code}, text_{std::move(text)} {}

    /// A failed system call or kernel answer: `errno_value` is positive and chooses the code
    /// (EPERM and EACCES: forbidden, ENOENT: not_found, and so on). The text is "attempt: kernel's
    /// text".
    static Error from_errno(int errno_value, std::string_view attempt);

    ErrorCode code() const { return code_; }
    /// The kernel's errno, positive; 0 when the kernel did not fail.
    int system_errno() const { return errno_; }
    /// One sentence or clause, outermost attempt first, without a full stop.
    const std::string& text() const { return text_; }
    /// Where the wrong input stands, as "file:line" or a flag's name; empty when it has no place.
    const std::string& where() const { return where_; }
    /// What would be right; empty when there is nothing to say.
    const std::string& expected() const { return expected_; }

    /// Puts what was attempted before the text: "attempt: text".
    Error within(std::string_view attempt) &&;
    /// Names the place of the wrong input; the innermost place stays.
    Error at(std::string where) &&;
    /// Says what would be right.
    Error expecting(std::string expected) &&;
    /// Changes the code, for a layer that knows better what a failure means.
    Error as(ErrorCode code) &&;

    /// "where: text (expected ...)", the form in which main prints it.
    std::string to_string() const;

private:
    ErrorCode code_ = ErrorCode::system;
    int errno_ = 0;
    std::string text_;
    std::string where_;
    std::string expected_;
};

/// A value, or the Error that says why there is none. Asking a failed one for its value aborts.
template <typename T>
using Result = boost::outcome_v2::basic_result<T, Error, boost::outcome_v2::policy::terminate>;

/// What a function of Result<void> returns when it went well.
inline auto success() { return boost::outcome_v2::success(); }

}  // namespace flatlan

/// `FLATLAN_TRY(name, expression)`: declares `name` with the expression's value, or returns its
/// error.
#define FLATLAN_TRY(name, ...) BOOST_OUTCOME_TRY(name, __VA_ARGS__)
/// The same for an expression of Result<void>; one statement, whatever stands around it.
#define FLATLAN_TRY_VOID(...)                                   \
    do {                                                        \
        if (auto flatlan_tried = (__VA_ARGS__); !flatlan_tried) \
            return std::move(flatlan_tried).error();            \
    } while (false)
