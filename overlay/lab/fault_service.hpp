#pragma once

#include <string_view>

#include "overlay/lab/api_message.hpp"
#include "overlay/lab/fault/fault_book.hpp"
#include "overlay/lab/world.hpp"

namespace flatlan::lab {

/// The part of the supervisor's API that makes faults and takes them away. While there are any,
/// nothing mends the lab by itself: they would be gone before anybody looks. One call at a time.
class FaultService {
public:
    explicit FaultService(World& world);

    Result<ApiResponse> list() const;
    Result<ApiResponse> add(std::string_view body);
    /// `which` is a number, or "all".
    Result<ApiResponse> remove(std::string_view which);

private:
    World& world_;
    FaultBook book_;
    bool resumes_upkeep_ = false;  ///< it was on before the first fault
};

}  // namespace flatlan::lab
