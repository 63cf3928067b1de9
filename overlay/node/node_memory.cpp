#include "overlay/node/node_memory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "overlay/node/published/read_file.hpp"

namespace flatlan::node {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

std::string seconds_text(Duration span) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) + " s";
}

Error corrupt(const std::string& what) {
    return Error{ErrorCode::corrupt, "a node's memory: " + what};
}

template <typename Value>
Result<Value> field(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end()) return corrupt("field '" + std::string{name} + "' is missing");
    try {
        return found->get<Value>();
    } catch (const Json::exception&) {
        return corrupt("field '" + std::string{name} + "' is of another kind");
    }
}

}  // namespace

Result<void> check_rules(const OfflineRules& rules) {
    if (!rules.reclaim_after) return success();
    if (rules.offline_max && *rules.offline_max < *rules.reclaim_after) return success();
    const std::string limit =
        rules.offline_max ? "offlineMax " + seconds_text(*rules.offline_max) : "no offlineMax";
    return Error{ErrorCode::invalid_argument,
                 limit + " with reclaimAfter " + seconds_text(*rules.reclaim_after) +
                     ": a node would use blocks that others have taken"}
        .expecting("an offlineMax less than reclaimAfter");
}

Result<void> may_give(const NodeMemory& memory, const BootId& boot, Instant now,
                      const OfflineRules& rules) {
    if (!rules.offline_max) return success();
    const std::string limit = "offlineMax is " + seconds_text(*rules.offline_max);
    if (memory.boot != boot)
        return Error{ErrorCode::unavailable,
                     "the registry has not confirmed this node's blocks since the machine booted"}
            .expecting(limit);
    const Duration since = now - memory.confirmed_at;
    if (since > *rules.offline_max)
        return Error{ErrorCode::unavailable,
                     "the registry confirmed this node's blocks " + seconds_text(since) + " ago"}
            .expecting(limit);
    return success();
}

std::string to_json(const NodeMemory& memory) {
    Json members = Json::array();
    for (const NodeName& name : memory.members)
        members.push_back(name.text());
    const Json all{
        {"version", kVersion},
        {"registry",
         {{"cluster", memory.registry.cluster}, {"revision", memory.registry.revision.value()}}},
        {"epoch", memory.epoch},
        {"members", std::move(members)},
        {"confirmed",
         {{"boot", to_string(memory.boot)}, {"boottime_ns", memory.confirmed_at.nanoseconds()}}}};
    return all.dump(2) + "\n";
}

Result<NodeMemory> memory_from_json(std::string_view text) {
    const Json all = Json::parse(text, nullptr, false);
    if (!all.is_object()) return corrupt("it is no JSON object");
    FLATLAN_TRY(version, field<int>(all, "version"));
    if (version > kVersion)
        return Error{ErrorCode::unsupported,
                     "a node's memory of version " + std::to_string(version)}
            .expecting("version " + std::to_string(kVersion) + ", or a newer flatlan");
    NodeMemory memory;
    FLATLAN_TRY(registry, field<Json>(all, "registry"));
    FLATLAN_TRY(cluster, field<std::uint64_t>(registry, "cluster"));
    FLATLAN_TRY(revision, field<std::uint64_t>(registry, "revision"));
    memory.registry = {cluster, registry::Revision{revision}};
    FLATLAN_TRY(epoch, field<std::uint64_t>(all, "epoch"));
    memory.epoch = epoch;
    FLATLAN_TRY(members, field<std::vector<std::string>>(all, "members"));
    for (const std::string& member : members) {
        auto name = NodeName::from(member);
        if (!name) return corrupt(name.error().text());
        memory.members.push_back(std::move(name).value());
    }
    FLATLAN_TRY(confirmed, field<Json>(all, "confirmed"));
    FLATLAN_TRY(boot_text, field<std::string>(confirmed, "boot"));
    auto boot = BootId::from_text(boot_text);
    if (!boot) return corrupt(boot.error().text());
    memory.boot = boot.value();
    FLATLAN_TRY(boottime, field<std::int64_t>(confirmed, "boottime_ns"));
    memory.confirmed_at = Instant::from_nanoseconds(boottime);
    return memory;
}

Result<NodeMemory> load_memory(const std::filesystem::path& file) {
    const auto text = read_file(file);
    if (!text && text.error().code() == ErrorCode::not_found) return NodeMemory{};
    if (!text) return text.error();
    auto memory = memory_from_json(text.value());
    if (!memory) return std::move(memory).error().at(file.string());
    return memory;
}

Result<void> save_memory(const std::filesystem::path& file, const NodeMemory& memory) {
    const std::string attempt = "write '" + file.string() + "'";
    const std::string text = to_json(memory);
    const std::string draft = file.string() + ".new";
    const int descriptor =
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return Error::from_errno(errno, attempt);
    // Synced, because a rename may else last longer than what it names.
    const bool written =
        ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(descriptor) == 0;
    const int cause = errno == 0 ? EIO : errno;
    ::close(descriptor);
    if (!written) return Error::from_errno(cause, attempt);
    if (::rename(draft.c_str(), file.c_str()) != 0) return Error::from_errno(errno, attempt);
    return success();
}

}  // namespace flatlan::node
