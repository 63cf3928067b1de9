#include "overlay/linux/sysctl.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace flatlan {
namespace {

/// Every setting of the network's is shorter (the longest, ip_local_reserved_ports, may be a page).
constexpr std::size_t kValueBytesMax = 4096;

Result<std::string> read_here(std::string_view path) {
    const std::string attempt = "read /proc/sys/" + std::string{path};
    const UniqueFd file{::open(("/proc/sys/" + std::string{path}).c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return Error::from_errno(errno, attempt);
    std::array<char, kValueBytesMax> buffer{};
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0) return Error::from_errno(errno, attempt);
    std::string value{buffer.data(), static_cast<std::size_t>(got)};
    while (!value.empty() && value.back() == '\n')
        value.pop_back();
    return value;
}

Result<void> write_here(const Sysctl& wanted) {
    const std::string attempt = "write '" + wanted.value + "' to /proc/sys/" + wanted.path;
    const UniqueFd file{::open(("/proc/sys/" + wanted.path).c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file) return Error::from_errno(errno, attempt);
    if (::write(file.get(), wanted.value.data(), wanted.value.size()) < 0)
        return Error::from_errno(errno, attempt);
    return success();
}

}  // namespace

Result<std::string> read_sysctl(const Namespace& network, std::string_view path) {
    return run_in(network, [&] { return read_here(path); });
}

Result<std::size_t> ensure_sysctls(const Namespace& network, std::span<const Sysctl> wanted) {
    return run_in(network, [&]() -> Result<std::size_t> {
        std::size_t changed = 0;
        for (const Sysctl& setting : wanted) {
            const auto value = read_here(setting.path);
            if (!value && setting.if_there && value.error().code() == ErrorCode::not_found)
                continue;
            if (!value) return value.error();
            if (value.value() == setting.value) continue;
            FLATLAN_TRY_VOID(write_here(setting));
            ++changed;
        }
        return changed;
    });
}

}  // namespace flatlan
