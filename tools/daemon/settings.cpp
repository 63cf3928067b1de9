#include "tools/daemon/settings.hpp"

#include <algorithm>
#include <cerrno>

#include "overlay/base/suggestion.hpp"
#include "overlay/base/text.hpp"
#include "overlay/lab/yaml.hpp"
#include "overlay/node/node_memory.hpp"
#include "overlay/node/published/read_file.hpp"

namespace flatlan::daemon {
namespace {

using lab::YamlNode;

constexpr const char* kUsualFile = "/etc/flatlan/flatland.yaml";
constexpr std::string_view kVersion = "flatlan/v1";
constexpr std::string_view kKind = "Daemon";

const Setting* find_setting(std::string_view path) {
    const auto settings = all_settings();
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&](const Setting& s) { return s.path == path; });
    return found == settings.end() ? nullptr : &*found;
}

Error wrong(const std::string& file, std::size_t line, std::string text) {
    return Error{ErrorCode::invalid_argument, std::move(text)}.at(file + ":" +
                                                                  std::to_string(line));
}

Error unknown_key(const std::string& file, std::size_t line, const std::string& path) {
    std::vector<std::string_view> known;
    for (const Setting& setting : all_settings())
        known.push_back(setting.path);
    Error error = wrong(file, line, "spec." + path + " is no setting");
    const auto near = nearest_word(path, known);
    return near ? std::move(error).expecting("spec." + std::string{*near}) : error;
}

/// A scalar, or a list of scalars, as a flag has it.
std::optional<std::string> text_of(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::scalar) return node.text;
    if (node.kind != YamlNode::Kind::list || node.items.empty()) return std::nullopt;
    std::string joined;
    for (const YamlNode& item : node.items) {
        if (item.kind != YamlNode::Kind::scalar) return std::nullopt;
        joined += (joined.empty() ? "" : ",") + item.text;
    }
    return joined;
}

Result<void> read_value(const Setting& setting, const std::string& text, Settings& into) {
    if (!setting.choices.empty() &&
        std::find(setting.choices.begin(), setting.choices.end(), text) == setting.choices.end())
        return Error{ErrorCode::invalid_argument, "'" + text + "' is no choice"}.expecting(
            join_alternatives(setting.choices));
    into.given.insert_or_assign(setting.flag, text);
    return setting.read(into, text);
}

Result<void> read_mapping(const YamlNode& mapping, const std::string& prefix,
                          const std::string& file, Settings& into) {
    for (const lab::YamlEntry& entry : mapping.entries) {
        const std::string path = prefix + entry.key;
        const Setting* setting = find_setting(path);
        if (setting == nullptr) {
            const bool leads_on =
                std::any_of(all_settings().begin(), all_settings().end(),
                            [&](const Setting& s) { return s.path.starts_with(path + "."); });
            if (!leads_on) return unknown_key(file, entry.line, path);
            if (entry.value.kind != YamlNode::Kind::mapping)
                return wrong(file, entry.line, "spec." + path + " is no mapping");
            FLATLAN_TRY_VOID(read_mapping(entry.value, path + ".", file, into));
            continue;
        }
        const auto text = text_of(entry.value);
        if (!text) return wrong(file, entry.line, "spec." + path + " has no value");
        if (auto read = read_value(*setting, *text, into); !read)
            return std::move(read)
                .error()
                .within("spec." + path)
                .at(file + ":" + std::to_string(entry.line));
    }
    return success();
}

/// That a document says what it is.
Result<void> check_head(const YamlNode& root, const std::string& file) {
    for (const auto& [key, wanted] :
         {std::pair{"apiVersion", kVersion}, std::pair{"kind", kKind}}) {
        const YamlNode* found = root.find(key);
        if (found == nullptr || found->text != wanted)
            return wrong(file, found == nullptr ? root.line : found->line,
                         std::string{key} + (found == nullptr ? " is missing" : " is another one"))
                .expecting(std::string{key} + ": " + std::string{wanted});
    }
    for (const lab::YamlEntry& entry : root.entries)
        if (entry.key != "apiVersion" && entry.key != "kind" && entry.key != "spec" &&
            entry.key != "metadata")
            return wrong(file, entry.line,
                         "'" + entry.key + "' is no key of a " + std::string{kKind})
                .expecting("apiVersion, kind, metadata or spec");
    return success();
}

Result<std::optional<std::string>> read_text(const std::string& file, bool must_exist) {
    auto text = node::read_file(file);
    if (text) return std::optional{std::move(text).value()};
    if (text.error().code() == ErrorCode::not_found && !must_exist)
        return std::optional<std::string>{};
    return std::move(text).error().at("--config");
}

/// The wish for pools, made of prefixes and block sizes.
Result<void> make_pools(Settings& settings) {
    if (settings.pod_cidrs.empty()) {
        if (!settings.block_bits_ipv4 && !settings.block_bits_ipv6) return success();
        return Error{ErrorCode::invalid_argument, "a block size without prefixes"}
            .at("--block-size-ipv" + std::string{settings.block_bits_ipv4 ? "4" : "6"})
            .expecting("--pod-cidrs beside it");
    }
    std::vector<ipam::PoolSpec> specs;
    for (const IpPrefix& cidr : settings.pod_cidrs) {
        const auto& given =
            cidr.family() == IpFamily::ipv4 ? settings.block_bits_ipv4 : settings.block_bits_ipv6;
        auto spec = ipam::PoolSpec::from(
            cidr, given.value_or(ipam::PoolSpec::default_block_length_bits(cidr.family())));
        if (!spec) return std::move(spec).error().at("--pod-cidrs");
        specs.push_back(spec.value());
    }
    auto pools = ipam::ClusterPools::from(std::move(specs));
    if (!pools) return std::move(pools).error().at("--pod-cidrs");
    settings.wish.pools = std::move(pools).value();
    return success();
}

Result<void> check(const Settings& settings) {
    if (settings.registry.is_etcd() && !settings.registry.sqlite_file.empty())
        return Error{ErrorCode::invalid_argument, "two registries"}
            .at("--sqlite")
            .expecting("either etcd or a database");
    if (settings.registry.is_etcd())
        if (auto config = registry::check_config(settings.registry.etcd); !config)
            return std::move(config).error().at("--etcd");
    if (settings.wish.pools)
        if (auto kept_back = node::check_kept_back(
                node::first_cluster(settings.wish, {.tunnel = {}, .pools = *settings.wish.pools}));
            !kept_back)
            return std::move(kept_back).error().at("--exclude, --reserve");
    if (settings.metrics && !settings.metrics_remote && !is_of_this_machine(*settings.metrics))
        return Error{ErrorCode::invalid_argument,
                     "other machines could read the metrics at " + to_string(*settings.metrics)}
            .at("--metrics")
            .expecting(
                "an address of this machine alone (127.0.0.1, [::1]), a Unix socket, or "
                "--metrics-remote allow");
    if (settings.wish.reclaim_after || settings.wish.offline_max)
        if (auto rules = node::check_rules({.offline_max = settings.wish.offline_max,
                                            .reclaim_after = settings.wish.reclaim_after});
            !rules)
            return std::move(rules).error().at("--reclaim-after");
    return success();
}

}  // namespace

cli::Usage usage() {
    cli::Usage usage{
        .verb = "",
        .program = "flatland",
        .summary = "The daemon of one node",
        .description =
            "Makes this machine a node of a cluster: claims address blocks, keeps the\n"
            "tunnel to the other nodes, and tells flatlan-cni what it needs to add pods.\n"
            "Every option may stand in the file too, under spec. SIGHUP reads it again;\n"
            "SIGTERM ends the daemon and leaves pods and tunnel as they are."};
    usage.options.push_back(
        {.name = "config",
         .value = "FILE",
         .summary = std::string{"Settings in YAML; "} + kUsualFile + " where that exists"});
    for (const Setting& setting : all_settings())
        usage.options.push_back({.name = std::string{setting.flag},
                                 .value = std::string{setting.value},
                                 .summary = std::string{setting.summary},
                                 .choices = setting.choices});
    usage.options.push_back({.name = "version", .summary = "Print the version"});
    usage.examples = {
        {"flatland --etcd http://192.168.56.10:2379", "join through that etcd"},
        {"flatland --sqlite /var/lib/flatlan/registry.sqlite", "a machine on its own"}};
    return usage;
}

Result<void> read_settings_file(std::string_view text, const std::string& file, Settings& into) {
    FLATLAN_TRY(documents, lab::parse_yaml(text, file));
    if (documents.size() != 1 || documents.front().kind != YamlNode::Kind::mapping)
        return wrong(file, 1, "the file has " + std::to_string(documents.size()) + " documents")
            .expecting("one: apiVersion: flatlan/v1, kind: Daemon, spec: ...");
    FLATLAN_TRY_VOID(check_head(documents.front(), file));
    const YamlNode* spec = documents.front().find("spec");
    return spec == nullptr ? success() : read_mapping(*spec, "", file, into);
}

Result<Settings> read_settings(const cli::Arguments& arguments) {
    Settings settings;
    const bool named = arguments.has("config");
    const std::string file = named ? arguments.value("config") : kUsualFile;
    FLATLAN_TRY(text, read_text(file, named));
    if (text) FLATLAN_TRY_VOID(read_settings_file(*text, file, settings));
    for (const Setting& setting : all_settings()) {
        if (!arguments.has(setting.flag)) continue;
        if (auto read = read_value(setting, arguments.value(setting.flag), settings); !read)
            return std::move(read).error().at("--" + std::string{setting.flag});
    }
    FLATLAN_TRY_VOID(make_pools(settings));
    FLATLAN_TRY_VOID(check(settings));
    return settings;
}

std::vector<std::string_view> differing(const Settings& one, const Settings& other) {
    std::vector<std::string_view> flags;
    for (const Setting& setting : all_settings()) {
        const auto before = one.given.find(setting.flag);
        const auto after = other.given.find(setting.flag);
        const bool both = before != one.given.end() && after != other.given.end();
        if (both ? before->second != after->second
                 : (before == one.given.end()) != (after == other.given.end()))
            flags.push_back(setting.flag);
    }
    return flags;
}

}  // namespace flatlan::daemon
