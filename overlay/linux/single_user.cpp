#include "overlay/linux/single_user.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>

namespace flatlan {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kOwnArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kOwnArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "seccomp(2) filters go by the system calls' numbers: name this machine's architecture here"
#endif

constexpr std::array kIdentityCalls {
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups,
        SYS_fchown, SYS_fchownat,
#if defined(SYS_chown)  // newer architectures have fchownat alone
        SYS_chown, SYS_lchown,
#endif
};

/// "Return this errno": 0 is the success of a call that was not made.
constexpr std::uint32_t kPretend = SECCOMP_RET_ERRNO;

constexpr sock_filter load(std::size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

constexpr sock_filter skip_unless(std::uint32_t value, std::uint8_t skipped) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped);
}

constexpr sock_filter answer(std::uint32_t with) { return BPF_STMT(BPF_RET | BPF_K, with); }

constexpr auto filter() {
    std::array<sock_filter, 4 + 2 * kIdentityCalls.size()> program{};
    constexpr std::uint8_t kAllOthers = 1 + 2 * kIdentityCalls.size();
    std::size_t next = 0;
    program[next++] = load(offsetof(seccomp_data, arch));
    program[next++] = skip_unless(kOwnArchitecture, kAllOthers);
    program[next++] = load(offsetof(seccomp_data, nr));
    for (const long call : kIdentityCalls) {
        program[next++] = skip_unless(static_cast<std::uint32_t>(call), 1);
        program[next++] = answer(kPretend);
    }
    program[next++] = answer(SECCOMP_RET_ALLOW);
    return program;
}

}  // namespace

Result<bool> has_single_user() {
    std::ifstream map{"/proc/self/uid_map"};
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    if (!(map >> inside >> outside >> count))
        return Error{ErrorCode::system, "read /proc/self/uid_map"};
    const bool more = static_cast<bool>(map >> inside);
    return count == 1 && !more;
}

Result<void> ignore_identity_changes() {
    auto program = filter();
    const sock_fprog request{static_cast<unsigned short>(program.size()), program.data()};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &request) != 0)
        return Error::from_errno(errno, "filter changes of user");
    return success();
}

}  // namespace flatlan
