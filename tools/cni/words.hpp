#pragma once

#include <string>
#include <string_view>

namespace flatlan::cni {

/// The text in quotation marks, whatever octets it has, for a message.
std::string printable(std::string_view text);

}  // namespace flatlan::cni
