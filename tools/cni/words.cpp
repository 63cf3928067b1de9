#include "tools/cni/words.hpp"

#include "overlay/base/text.hpp"

namespace flatlan::cni {

std::string printable(std::string_view text) {
    const auto invalid = find_invalid_utf8(text);
    return quoted(text.substr(0, invalid.value_or(text.size()))) + (invalid ? " (no UTF-8)" : "");
}

}  // namespace flatlan::cni
