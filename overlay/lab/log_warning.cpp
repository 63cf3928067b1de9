#include "overlay/lab/log_warning.hpp"

#include <spdlog/spdlog.h>

namespace flatlan::lab {

void log_warning(const std::string& why) { spdlog::warn("{}", why); }

}  // namespace flatlan::lab
