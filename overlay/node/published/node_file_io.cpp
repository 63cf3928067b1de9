#include "overlay/node/published/node_file.hpp"
#include "overlay/node/published/read_file.hpp"
#include "overlay/node/published/replace_file.hpp"

namespace flatlan::node {

Result<void> write_node_file(const std::filesystem::path& path, const NodeFile& file) {
    auto replaced = replace_file(path, to_json(file), Synced::no);  // it is of this boot
    if (!replaced) return std::move(replaced).error().within("write '" + path.string() + "'");
    return success();
}

Result<NodeFile> read_node_file(const std::filesystem::path& path) {
    auto text = read_file(path);
    if (!text && text.error().code() == ErrorCode::not_found)
        return std::move(text).error().expecting("flatland to run on this node");
    if (!text) return std::move(text).error();
    auto file = node_file_from_json(text.value());
    if (!file) return std::move(file).error().within("read '" + path.string() + "'");
    return file;
}

}  // namespace flatlan::node
