#include "tools/daemon/known_paths.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

namespace flatlan::daemon {

Result<std::vector<tunnel::PathMtu>> load_paths(const std::filesystem::path& file) {
    std::vector<tunnel::PathMtu> paths;
    std::ifstream in{file};
    if (!in && errno == ENOENT) return paths;
    if (!in) return Error::from_errno(errno, "read '" + file.string() + "'");
    std::string line;
    while (std::getline(in, line)) {
        std::istringstream words{line};
        std::string name;
        std::uint64_t octets = 0;
        words >> name >> octets;
        const auto node = NodeName::from(name);
        const auto mtu = UnderlayMtu::from(octets);
        if (!words || !words.eof() || !node || !mtu)
            return Error{ErrorCode::corrupt, "'" + line + "' is no way that was known"}
                .at(file.string())
                .expecting("a node's name and a number of octets");
        paths.push_back({node.value(), mtu.value()});
    }
    return paths;
}

Result<void> save_paths(const std::filesystem::path& file,
                        const std::vector<tunnel::PathMtu>& paths) {
    const std::filesystem::path draft = file.string() + ".new";
    std::ofstream out{draft};
    for (const tunnel::PathMtu& path : paths)
        out << path.node.text() << ' ' << path.mtu.value() << '\n';
    out.close();
    std::error_code failed;
    if (out) std::filesystem::rename(draft, file, failed);
    if (!out || failed)
        return Error{ErrorCode::system, "cannot write '" + file.string() + "'" +
                                            (failed ? ": " + failed.message() : "")};
    return success();
}

}  // namespace flatlan::daemon
