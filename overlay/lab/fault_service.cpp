#include "overlay/lab/fault_service.hpp"

#include <spdlog/spdlog.h>

#include <charconv>
#include <utility>

namespace flatlan::lab {
namespace {

/// The numbers of the faults that are meant; empty for "all".
Result<std::vector<unsigned>> numbers_of(std::string_view which,
                                         const std::vector<FaultRecord>& faults) {
    std::vector<unsigned> numbers;
    if (which == "all") {
        // The last one first: what came later may stand on what came before.
        for (auto record = faults.rbegin(); record != faults.rend(); ++record)
            numbers.push_back(record->number);
        return numbers;
    }
    unsigned number = 0;
    const auto [end, failed] = std::from_chars(which.data(), which.data() + which.size(), number);
    if (failed != std::errc{} || end != which.data() + which.size())
        return Error{ErrorCode::invalid_argument,
                     "'" + std::string{which} + "' is no fault's number"}
            .expecting("a number that flatlan fault ls shows, or all");
    numbers.push_back(number);
    return numbers;
}

}  // namespace

FaultService::FaultService(World& world)
    : world_{world}, book_{[&world](const std::string& node) -> Result<void> {
          FLATLAN_TRY(name, NodeName::from(node));
          return world.repair(name);
      }} {}

Result<ApiResponse> FaultService::list() const { return ApiResponse{200, to_json(book_.list())}; }

Result<ApiResponse> FaultService::add(std::string_view body) {
    FLATLAN_TRY(request, fault_request_from_json(body));
    FLATLAN_TRY(kind, find_fault_kind(request));
    static_cast<void>(kind);
    const bool kept = world_.status().upkeep;
    if (kept) FLATLAN_TRY_VOID(world_.set_upkeep(false));
    auto made = book_.add(world_.status(), request);
    if (!made) {
        if (kept) FLATLAN_TRY_VOID(world_.set_upkeep(true));
        return std::move(made).error();
    }
    resumes_upkeep_ = resumes_upkeep_ || kept;
    spdlog::info("fault {}: {} at {}: {}", made.value().number, request.fault, request.at,
                 made.value().made);
    return ApiResponse{200, to_json(std::vector{std::move(made).value()})};
}

Result<ApiResponse> FaultService::remove(std::string_view which) {
    FLATLAN_TRY(numbers, numbers_of(which, book_.list()));
    std::vector<FaultRecord> removed;
    std::optional<Error> failure;
    for (const unsigned number : numbers) {
        auto record = book_.remove(world_.status(), number);
        if (!record) {  // the others can go all the same
            failure = std::move(record).error();
            continue;
        }
        spdlog::info("fault {} is taken away", number);
        removed.push_back(std::move(record).value());
    }
    if (book_.empty() && std::exchange(resumes_upkeep_, false))
        FLATLAN_TRY_VOID(world_.set_upkeep(true));
    if (failure) return std::move(*failure);
    return ApiResponse{200, to_json(removed)};
}

}  // namespace flatlan::lab
