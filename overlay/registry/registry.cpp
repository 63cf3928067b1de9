#include "overlay/registry/registry.hpp"

namespace flatlan::registry {

Result<std::optional<Record>> Registry::get(std::string_view key) {
    FLATLAN_TRY(reading, get_with_state(key));
    return std::move(reading.record);
}

Result<void> for_each_record(Registry& registry, std::string_view prefix,
                             const std::function<Result<void>(const Record&)>& visit) {
    std::string after;
    for (bool more = true; more;) {
        FLATLAN_TRY(page, registry.list(prefix, after, Registry::kPageSizeMax));
        for (const Record& record : page.records)
            FLATLAN_TRY_VOID(visit(record));
        more = page.more && !page.records.empty();
        if (more) after = page.records.back().key;
    }
    return success();
}

std::string end_of_prefix(std::string_view prefix) {
    std::string end{prefix};
    while (!end.empty() && end.back() == '\xff')
        end.pop_back();
    if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

Result<void> check_record(std::string_view key, std::string_view value) {
    const auto refused = [](std::string text, std::size_t size_max) {
        return Error{ErrorCode::invalid_argument, std::move(text)}.expecting(
            "1 to " + std::to_string(size_max) + " octets");
    };
    if (key.empty() || key.size() > Registry::kKeySizeMax)
        return refused("a registry key of " + std::to_string(key.size()) + " octets",
                       Registry::kKeySizeMax);
    if (value.empty() || value.size() > Registry::kValueSizeMax)
        return refused(
            "record '" + std::string{key} + "' of " + std::to_string(value.size()) + " octets",
            Registry::kValueSizeMax);
    return success();
}

Error lost_swap(std::string_view key, Revision expected) {
    const std::string was =
        expected == Revision{} ? "not there" : "at revision " + std::to_string(expected.value());
    return Error{ErrorCode::conflict, "record '" + std::string{key} + "' is no longer " + was +
                                          ": another one wrote it"};
}

Error session_ended(SessionId session) {
    return Error{ErrorCode::not_found,
                 "registry session " + std::to_string(session.value()) + " has ended"};
}

}  // namespace flatlan::registry
