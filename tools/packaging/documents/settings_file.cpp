#include "tools/packaging/documents/settings_file.hpp"

#include <algorithm>
#include <vector>

namespace flatlan::packaging {
namespace {

constexpr std::string_view kHead =
    "# Settings of flatland, the daemon of one node; flatland(8) explains them. Each may be given "
    "as an\n"
    "# option too, which overrides what stands here. A setting that is commented out has its "
    "default.\n"
    "apiVersion: flatlan/v1\n"
    "kind: Daemon\n"
    "spec:\n";

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('.'), path.size());
        parts.emplace_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

}  // namespace

std::string settings_file(std::span<const daemon::Setting> settings,
                          const std::map<std::string, std::string, std::less<>>& chosen) {
    const auto in_force = [&](const std::string& path) {
        return std::any_of(chosen.begin(), chosen.end(), [&](const auto& entry) {
            return entry.first == path || entry.first.starts_with(path + ".");
        });
    };
    std::string out{kHead};
    std::vector<std::string> before;
    for (const daemon::Setting& setting : settings) {
        const std::vector<std::string> parts = parts_of(setting.path);
        std::string path;
        for (std::size_t depth = 0; depth < parts.size(); ++depth) {
            path += (depth == 0 ? "" : ".") + parts[depth];
            const bool leaf = depth + 1 == parts.size();
            const bool shared = std::equal(
                parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(depth) + 1,
                before.begin(),
                before.begin() + static_cast<std::ptrdiff_t>(std::min(depth + 1, before.size())));
            if (shared && !leaf) continue;
            const std::string margin(2 * (depth + 1), ' ');
            if (leaf) out += margin + "# " + std::string{setting.summary} + '\n';
            out += (in_force(path) ? "" : "#") + margin + parts[depth] + ':';
            if (leaf) {
                const auto value = chosen.find(path);
                out += ' ' + (value != chosen.end() ? value->second : std::string{setting.value});
            }
            out += '\n';
        }
        before = parts;
    }
    return out;
}

}  // namespace flatlan::packaging
