#include <cerrno>
#include <fstream>
#include <iterator>

#include "overlay/node/published/node_file.hpp"
#include "overlay/node/published/replace_file.hpp"

namespace flatlan::node {

Result<void> write_node_file(const std::filesystem::path& path, const NodeFile& file) {
    auto replaced = replace_file(path, to_json(file), Synced::no);  // it is of this boot
    if (!replaced) return std::move(replaced).error().within("write '" + path.string() + "'");
    return success();
}

Result<NodeFile> read_node_file(const std::filesystem::path& path) {
    std::ifstream stream{path, std::ios::binary};
    if (!stream)
        return Error::from_errno(errno, "read '" + path.string() + "'")
            .expecting("flatland to run on this node");
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    auto file = node_file_from_json(text);
    if (!file) return std::move(file).error().within("read '" + path.string() + "'");
    return file;
}

}  // namespace flatlan::node
