#include "overlay/registry/sqlite/bell.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <ctime>
#include <utility>

namespace flatlan::registry {
namespace {

std::atomic_ref<std::uint32_t> counter(std::uint32_t* count) {
    static_assert(std::atomic_ref<std::uint32_t>::is_always_lock_free);
    return std::atomic_ref<std::uint32_t>{*count};
}

}  // namespace

Result<Bell> Bell::open(const std::filesystem::path& file) {
    const std::string attempt = "open '" + file.string() + "'";
    const int descriptor =
        ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return Error::from_errno(errno, attempt);
    void* mapped = MAP_FAILED;
    // Growing it to the size that it has changes nothing, so all may do it.
    if (::ftruncate(descriptor, sizeof(std::uint32_t)) == 0)
        mapped = ::mmap(nullptr, sizeof(std::uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED,
                        descriptor, 0);
    const int cause = errno;
    ::close(descriptor);
    if (mapped == MAP_FAILED) return Error::from_errno(cause, attempt);
    return Bell{static_cast<std::uint32_t*>(mapped)};
}

Bell::Bell(Bell&& other) noexcept : count_{std::exchange(other.count_, nullptr)} {}

Bell& Bell::operator=(Bell&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
}

Bell::~Bell() {
    if (count_ != nullptr) ::munmap(count_, sizeof *count_);
}

std::uint32_t Bell::rings() const { return counter(count_).load(); }

void Bell::ring() {
    counter(count_).fetch_add(1);
    ::syscall(SYS_futex, count_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void Bell::wait(std::uint32_t rings, Duration timeout) const {
    const auto nanoseconds = std::max<std::int64_t>(timeout.count(), 0);
    constexpr std::int64_t kSecond = 1'000'000'000;
    const timespec span{.tv_sec = nanoseconds / kSecond, .tv_nsec = nanoseconds % kSecond};
    ::syscall(SYS_futex, count_, FUTEX_WAIT, rings, &span, nullptr, 0);
}

}  // namespace flatlan::registry
