#include "overlay/linux/boot.hpp"

#include <time.h>

#include <fstream>
#include <string>

namespace flatlan {

Instant boot_time_now() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
    return Instant::from_nanoseconds(now.tv_sec * kNanosecondsPerSecond + now.tv_nsec);
}

Result<BootId> read_boot_id() {
    static constexpr auto kFile = "/proc/sys/kernel/random/boot_id";
    std::ifstream file{kFile};
    std::string text;
    if (!std::getline(file, text))
        return Error{ErrorCode::not_found, std::string{kFile} + " cannot be read"};
    return BootId::from_text(text);
}

}  // namespace flatlan
