#include "tools/cni/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "overlay/linux/unique_fd.hpp"

namespace flatlan::cni {
namespace {

std::string local_time() {
    const std::time_t now = ::time(nullptr);
    std::tm parts{};
    ::localtime_r(&now, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &parts);
    return {text.data(), size};
}

std::string line_of(const Request& request, const Outcome<std::string>& outcome, Duration took) {
    const auto& [environment, configuration] = request;
    std::string line =
        local_time() + " " + std::string{to_string(environment.verb)} + " " + configuration.network;
    if (!environment.container.empty())
        line += "/" + environment.container + "/" + environment.interface;
    line += outcome ? " done"
                    : " failed with " + std::to_string(static_cast<int>(outcome.error().code)) +
                          " (" + outcome.error().message + ")";
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took);
    return line + " in " + std::to_string(microseconds.count()) + " us\n";
}

}  // namespace

Result<void> log_call(const Request& request, const Outcome<std::string>& outcome, Duration took) {
    const std::filesystem::path& path = request.configuration.log_file;
    if (path.empty()) return success();
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                               S_IRUSR | S_IWUSR | S_IRGRP)};
    const std::string line = line_of(request, outcome, took);
    if (!file || ::write(file.get(), line.data(), line.size()) < 0)
        return Error::from_errno(errno, "write the log '" + path.string() + "'");
    return success();
}

}  // namespace flatlan::cni
