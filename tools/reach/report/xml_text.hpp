#pragma once

#include <string>
#include <string_view>

namespace flatlan::reach {

/// The text as content or attribute of an XML 1.0 document, which has no control characters but
/// line feed and tab.
std::string xml_escaped(std::string_view text);

}  // namespace flatlan::reach
