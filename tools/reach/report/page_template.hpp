#pragma once

#include <string_view>

namespace flatlan::reach {

/// page.html with page.css and page.js in it, put together when the program is built. `@OUTCOME@`
/// stands where the outcome's JSON goes.
extern const std::string_view kPageTemplate;

}  // namespace flatlan::reach
