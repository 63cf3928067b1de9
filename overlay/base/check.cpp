#include "overlay/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace flatlan {

void check_failed(const char* condition, const char* file, int line) noexcept {
    std::fprintf(stderr, "flatlan: bug: %s does not hold (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace flatlan
