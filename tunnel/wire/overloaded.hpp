#pragma once

namespace flatlan::tunnel {

/// One function object out of several, for std::visit: each alternative of a variant goes to the
/// lambda that takes it, and one that is forgotten does not compile.
template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace flatlan::tunnel
