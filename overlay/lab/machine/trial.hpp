#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::lab {

/// What came of trying something; a trial that something before it made impossible is not done.
struct Trial {
    bool done = false;
    bool worked = false;
    std::string words{};  ///< the refusal, in the kernel's or the program's own words

    static Trial success() { return {.done = true, .worked = true}; }
    static Trial refused(std::string words) {
        return {.done = true, .worked = false, .words = std::move(words)};
    }
    static Trial of(const Result<void>& result) {
        return result ? success() : refused(result.error().to_string());
    }
};

/// Runs `body` in a child process that ends with it, and returns what it wrote to the descriptor
/// that it was handed. Namespaces that the child enters, and all in them, end with it. A child that
/// takes longer than the limit is ended. Errors are those of pipe(2) and fork(2).
Result<std::string> text_of_child(const std::function<void(int out_fd)>& body,
                                  std::chrono::seconds limit);

/// Whether this process may make namespaces and devices as it is; if not, it needs a user
/// namespace. Asks for capabilities and not for uid 0: root in a container often has few.
bool has_namespace_rights();

/// Moves this process into a new user namespace where it is root, and this user outside
/// (user_namespaces(7): without privileges one line may be written, once setgroups is denied).
Result<void> become_root_of_own_namespace();

/// Writes the whole text into a file that is there.
Result<void> write_file(const char* path, const std::string& text);

}  // namespace flatlan::lab
