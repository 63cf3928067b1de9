#include "overlay/linux/random.hpp"

#include <sys/random.h>

#include <cerrno>

namespace flatlan {

Result<std::uint64_t> draw_random() {
    std::uint64_t drawn = 0;
    if (::getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
        return Error::from_errno(errno, "draw random octets");
    return drawn;
}

}  // namespace flatlan
