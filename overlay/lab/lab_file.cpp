#include "overlay/lab/lab_file.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "overlay/base/text.hpp"
#include "overlay/lab/lab_document.hpp"
#include "overlay/lab/manifest.hpp"

namespace flatlan::lab {
namespace {

constexpr std::size_t kWarningsMax = 20;
constexpr std::string_view kShortestLab =
    "a document 'apiVersion: flatlan/v1', 'kind: Lab', 'metadata: {name: NAME}'";

bool is_lab(const YamlField& root) {
    const auto kind = root.find("kind");
    const auto version = root.find("apiVersion");
    return (kind && kind->node().text == kLabKind) ||
           (version && version->node().text.starts_with("flatlan/"));
}

/// Two pods of one name are refused; both places are named.
Result<void> check_pod_names(const std::vector<PodSpec>& pods) {
    std::unordered_map<PodName, const PodSpec*> known;
    known.reserve(pods.size());
    for (const PodSpec& pod : pods) {
        const auto [first, fresh] = known.try_emplace(pod.name, &pod);
        if (fresh) continue;
        return Error{ErrorCode::invalid_argument, "pod name '" + to_short_string(pod.name) +
                                                      "' is given twice, first at " +
                                                      to_string(first->second->place)}
            .at(to_string(pod.place))
            .expecting("each name once in a namespace");
    }
    return success();
}

Error no_such_node(const PodSpec& pod, const std::vector<NodeSpec>& nodes) {
    std::vector<std::string_view> names;
    for (const NodeSpec& node : nodes)
        names.push_back(node.name.text());
    const auto meant = nearest_word(pod.node->text(), names);
    const std::string all = names.size() == 1 ? "'" + std::string{names.front()} + "'"
                                              : "one of the " + std::to_string(names.size()) +
                                                    " nodes from '" + std::string{names.front()} +
                                                    "' to '" + std::string{names.back()} + "'";
    return Error{ErrorCode::invalid_argument, "pod '" + to_short_string(pod.name) +
                                                  "' is bound to node '" + pod.node->text() +
                                                  "', which is not in the lab"}
        .at(to_string(pod.place))
        .expecting(meant ? "'" + std::string{*meant} + "'" : all);
}

Result<void> check_pod_nodes(const LabSpec& spec) {
    std::unordered_set<NodeName> names;
    names.reserve(spec.nodes.size());
    for (const NodeSpec& node : spec.nodes)
        names.insert(node.name);
    for (const PodSpec& pod : spec.pods)
        if (pod.node && !names.contains(*pod.node)) return no_such_node(pod, spec.nodes);
    return success();
}

/// Adds pods pod-1, pod-2 and so on, past the names that manifests have taken.
Result<void> add_bare_pods(const LabDocument& lab, std::vector<PodSpec>& pods) {
    if (pods.size() + lab.bare_pods > kPodsMax)
        return Error{ErrorCode::invalid_argument, "the file has too many pods"}
            .at(to_string(lab.bare_pods_place))
            .expecting("at most " + std::to_string(kPodsMax));
    std::unordered_set<PodName> taken;
    for (const PodSpec& pod : pods)
        taken.insert(pod.name);
    pods.reserve(pods.size() + lab.bare_pods);
    for (std::size_t number = 1, made = 0; made < lab.bare_pods; ++number) {
        PodName name =
            PodName::from(PodName::kDefaultNamespace, "pod-" + std::to_string(number)).value();
        if (taken.contains(name)) continue;
        pods.push_back({std::move(name), std::nullopt, lab.bare_pods_place});
        ++made;
    }
    return success();
}

/// Files of the host may be written to where the lab's document says so, and nowhere else.
void allow_host_paths(LabDocument& lab, Manifests& manifests) {
    for (pod::PodTemplate& contents : lab.spec.templates)
        for (pod::Volume& volume : contents.volumes) {
            auto* host = std::get_if<pod::HostPath>(&volume.source);
            if (host == nullptr) continue;
            for (const std::string& allowed : lab.writable_host_paths)
                host->writable = host->writable || host->path == allowed ||
                                 host->path.starts_with(allowed + "/");
            if (!host->writable)
                manifests.warnings.push_back(
                    to_string(lab.place) + ": volume '" + volume.name + "': " + host->path +
                    " of this machine is read-only, as spec.writableHostPaths does not name it");
        }
}

/// The first warnings, and how many there are besides.
std::vector<std::string> limited(std::vector<std::string> warnings, const std::string& file) {
    if (warnings.size() <= kWarningsMax) return warnings;
    const std::size_t more = warnings.size() - kWarningsMax;
    warnings.resize(kWarningsMax);
    warnings.push_back(file + ": " + std::to_string(more) + " more warnings");
    return warnings;
}

Result<LabFile> assemble(LabDocument lab, Manifests manifests, const std::string& file) {
    FLATLAN_TRY_VOID(check_pod_names(manifests.pods));
    FLATLAN_TRY_VOID(add_bare_pods(lab, manifests.pods));
    lab.spec.pods = std::move(manifests.pods);
    lab.spec.templates = std::move(manifests.templates);
    lab.spec.workloads = std::move(manifests.workloads);
    FLATLAN_TRY_VOID(check_pod_nodes(lab.spec));
    allow_host_paths(lab, manifests);
    std::vector<std::string> warnings = std::move(lab.warnings);
    warnings.insert(warnings.end(), manifests.warnings.begin(), manifests.warnings.end());
    return LabFile{std::move(lab.spec), limited(std::move(warnings), file), file, {}};
}

Error unreadable(int errno_value, const std::string& path) {
    return Error::from_errno(errno_value, "cannot read lab file " + quoted(path, 4096))
        .as(ErrorCode::invalid_argument);
}

Result<LabFile> read_stream(std::FILE* stream, const std::string& file) {
    static constexpr std::size_t kChunkSizeBytes = 64U << 10U;
    std::string text;
    // One octet past the limit is enough for parse_yaml to refuse the file by its size.
    while (text.size() <= kYamlSizeMaxBytes) {
        const std::size_t before = text.size();
        text.resize(before + kChunkSizeBytes);
        text.resize(before + std::fread(text.data() + before, 1, kChunkSizeBytes, stream));
        if (std::ferror(stream) != 0) return unreadable(errno, file);
        if (text.size() == before) break;
    }
    return parse_lab_file(text, file);
}

}  // namespace

Result<LabFile> parse_lab_file(std::string_view text, const std::string& file) {
    FLATLAN_TRY(documents, parse_yaml(text, file));
    if (documents.empty())
        return Error{ErrorCode::invalid_argument, "the file is empty"}.at(file).expecting(
            std::string{kShortestLab});
    std::optional<LabDocument> lab;
    std::optional<SourcePlace> lab_place;
    Manifests manifests;
    for (const YamlNode& document : documents)
        FLATLAN_TRY_VOID(read_config_maps(YamlField{document, file}, manifests));
    for (const YamlNode& document : documents) {
        const YamlField root{document, file};
        if (document.kind != YamlNode::Kind::mapping)
            return root.wrong_kind("a mapping with apiVersion and kind");
        if (!is_lab(root)) {
            FLATLAN_TRY_VOID(read_manifest(root, manifests));
            continue;
        }
        if (lab)
            return Error{ErrorCode::invalid_argument,
                         "a second document of kind Lab, the first is at " + to_string(*lab_place)}
                .at(to_string(root.place()))
                .expecting("one lab a file");
        FLATLAN_TRY(read, read_lab_document(root));
        lab = std::move(read);
        lab_place = root.place();
    }
    if (!lab)
        return Error{ErrorCode::invalid_argument, "the file has no document of kind Lab"}
            .at(file)
            .expecting(std::string{kShortestLab});
    FLATLAN_TRY(assembled, assemble(std::move(*lab), std::move(manifests), file));
    assembled.text = text;
    return std::move(assembled);
}

Result<LabFile> read_lab_file(const std::string& path) {
    if (path == "-") return read_stream(stdin, "<stdin>");
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> file{std::fopen(path.c_str(), "re"),
                                                                  &std::fclose};
    if (!file) return unreadable(errno, path);
    return read_stream(file.get(), path);
}

}  // namespace flatlan::lab
