#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "tools/cni/configuration.hpp"
#include "tools/cni/plugin.hpp"

namespace {

namespace cni = flatlan::cni;

/// The name by which configurations call this plugin, whatever the file is called.
constexpr std::string_view kProgram = "flatlan-cni";

/// Everything on standard input, up to what is no configuration any more; errno when it fails.
int read_all(std::string& text) {
    std::array<char, 4096> part{};  // one page: each that is touched costs a fault
    while (text.size() <= cni::Configuration::kSizeMax) {
        const ssize_t count = ::read(STDIN_FILENO, part.data(), part.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        if (count == 0) break;
        text.append(part.data(), static_cast<std::size_t>(count));
    }
    return 0;
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

/// Lets a wait for the database come to an end (TicketLock): a signal each second that does nothing
/// but interrupt.
void wake_up_now_and_then() {
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &nothing, nullptr);
    const itimerval each_second{.it_interval = {.tv_sec = 1, .tv_usec = 0},
                                .it_value = {.tv_sec = 1, .tv_usec = 0}};
    ::setitimer(ITIMER_REAL, &each_second, nullptr);
}

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

}  // namespace

/// `flatlan-cni`, the CNI plugin: variables and standard input in, JSON on standard output.
int main() {
    wake_up_now_and_then();
    std::string input;
    const int failed = read_all(input);
    const cni::Answer answer = failed != 0 ? cni::unreadable_input(std::strerror(failed))
                                           : cni::run_plugin(variable, input, kProgram);
    write_all(STDERR_FILENO, answer.standard_error);
    if (!write_all(STDOUT_FILENO, answer.standard_output)) return EXIT_FAILURE;
    return answer.exit_status;
}
