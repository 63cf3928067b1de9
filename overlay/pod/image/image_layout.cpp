#include "overlay/pod/image/image_layout.hpp"

#include <sys/utsname.h>

#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

namespace flatlan::pod {
namespace {

using Json = nlohmann::json;

/// Of an index, a manifest or a configuration; containerd's limit of a manifest.
constexpr std::uint64_t kDocumentSizeMax = 4U << 20U;
/// An index may hold an index, and so on.
constexpr unsigned kIndexDepthMax = 8;
constexpr std::size_t kLayersMax = 500;
constexpr const char* kTagKey = "org.opencontainers.image.ref.name";

/// What the specification calls this machine (Go's GOARCH).
std::string own_architecture() {
    utsname machine{};
    uname(&machine);
    const std::string name = machine.machine;
    static constexpr std::array<std::pair<const char*, const char*>, 5> kNames{
        {{"x86_64", "amd64"},
         {"aarch64", "arm64"},
         {"armv7l", "arm"},
         {"i686", "386"},
         {"ppc64le", "ppc64le"}}};
    for (const auto& [kernel, image] : kNames)
        if (name == kernel) return image;
    return name;
}

bool is_index(const Json& descriptor) {
    const std::string type = descriptor.value("mediaType", "");
    return type.ends_with("image.index.v1+json") || type.ends_with("manifest.list.v2+json");
}

bool is_for_here(const Json& descriptor) {
    const auto platform = descriptor.find("platform");
    return platform == descriptor.end() ||
           (platform->value("architecture", "") == own_architecture() &&
            platform->value("os", "") == "linux");
}

std::string tag_of(const Json& descriptor) {
    const auto annotations = descriptor.find("annotations");
    return annotations == descriptor.end() ? "" : annotations->value(kTagKey, "");
}

/// One layout, read by its descriptors. What the library throws is caught in read_image_layout.
class Reader {
public:
    explicit Reader(std::string folder) : folder_{std::move(folder)} {}

    Result<ImageLayout> read(const std::string& tag) {
        std::ifstream file{folder_ + "/index.json", std::ios::binary};
        if (!file)
            return Error{ErrorCode::not_found, folder_ + " holds no OCI image layout"}.expecting(
                "a folder with oci-layout, index.json and blobs/sha256");
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        FLATLAN_TRY(manifest, choose(Json::parse(text), tag));
        return read_manifest(manifest);
    }

private:
    Result<Json> choose(const Json& index, const std::string& tag, unsigned depth = 0) {
        std::vector<const Json*> fitting;
        std::string tags;
        for (const Json& descriptor : index.at("manifests")) {
            const std::string own = tag_of(descriptor);
            if (!own.empty()) tags += (tags.empty() ? "" : ", ") + own;
            if ((tag.empty() || own == tag) && is_for_here(descriptor))
                fitting.push_back(&descriptor);
        }
        if (fitting.empty())
            return Error{ErrorCode::not_found,
                         tag.empty() ? folder_ + " has no image for linux/" + own_architecture()
                                     : folder_ + " has no image '" + tag + "' for linux/" +
                                           own_architecture()}
                .expecting(tags.empty() ? "an image without a tag" : "one of the tags " + tags);
        if (fitting.size() > 1)
            return Error{ErrorCode::invalid_argument, folder_ + " has several images"}.expecting(
                "oci:" + folder_ + ":TAG with one of the tags " + tags);
        if (!is_index(*fitting.front())) return *fitting.front();
        if (depth == kIndexDepthMax)
            return Error{ErrorCode::corrupt, folder_ + ": indices of indices without end"};
        FLATLAN_TRY(inner, document(*fitting.front()));
        return choose(inner, {}, depth + 1);
    }

    Result<ImageLayout> read_manifest(const Json& descriptor) {
        FLATLAN_TRY(manifest, document(descriptor));
        FLATLAN_TRY(config, document(manifest.at("config")));
        if (config.value("os", "linux") != "linux" ||
            config.value("architecture", own_architecture()) != own_architecture())
            return Error{ErrorCode::unsupported, folder_ + " is an image for " +
                                                     config.value("os", "") + "/" +
                                                     config.value("architecture", "")}
                .expecting("one for linux/" + own_architecture());
        ImageLayout layout;
        const Json& layers = manifest.at("layers");
        if (layers.size() > kLayersMax)
            return Error{ErrorCode::corrupt, folder_ + " has too many layers"};
        for (const Json& each : layers) {
            FLATLAN_TRY(blob, blob_of(each));
            FLATLAN_TRY(format, format_of(each.at("mediaType").get<std::string>()));
            layout.layers.push_back({std::move(blob), format});
        }
        take_config(config.value("config", Json::object()), layout.config);
        return layout;
    }

    static void take_config(const Json& json, ImageConfig& into) {
        const auto words = [&](const char* key) {
            const auto found = json.find(key);
            return found == json.end() || found->is_null() ? std::vector<std::string>{}
                                                           : found->get<std::vector<std::string>>();
        };
        into.entrypoint = words("Entrypoint");
        into.arguments = words("Cmd");
        into.environment = words("Env");
        into.working_dir = json.value("WorkingDir", "");
        into.user = json.value("User", "");
        into.stop_signal = json.value("StopSignal", "");
    }

    Result<LayerFormat> format_of(const std::string& media_type) const {
        if (media_type.ends_with("+gzip") || media_type.ends_with(".tar.gzip"))
            return LayerFormat::gzip;
        if (media_type.ends_with(".tar")) return LayerFormat::tar;
        return Error{ErrorCode::unsupported, folder_ + " has a layer of type " + media_type}
            .expecting("layers that are tar archives, as they are or packed by gzip");
    }

    Result<Blob> blob_of(const Json& descriptor) const {
        static constexpr std::string_view kAlgorithm = "sha256:";
        const auto digest = descriptor.at("digest").get<std::string>();
        if (!digest.starts_with(kAlgorithm))
            return Error{ErrorCode::unsupported, folder_ + " has the digest " + digest}.expecting(
                "digests of sha256");
        const std::string hex = digest.substr(kAlgorithm.size());
        if (hex.size() != 64 || hex.find_first_not_of("0123456789abcdef") != hex.npos)
            return Error{ErrorCode::corrupt, folder_ + ": '" + digest + "' is no digest"};
        return Blob{folder_ + "/blobs/sha256/" + hex, hex,
                    descriptor.at("size").get<std::uint64_t>()};
    }

    Result<Json> document(const Json& descriptor) const {
        FLATLAN_TRY(blob, blob_of(descriptor));
        FLATLAN_TRY(text, read_blob(blob, kDocumentSizeMax));
        return Json::parse(text);
    }

    std::string folder_;
};

}  // namespace

Result<ImageLayout> read_image_layout(std::string_view reference) {
    const auto colon = reference.find(':');
    const std::string folder{reference.substr(0, colon)};
    const std::string tag{colon == reference.npos ? "" : reference.substr(colon + 1)};
    try {
        return Reader{folder}.read(tag);
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt, folder + " is no OCI image layout: " + thrown.what()};
    }
}

}  // namespace flatlan::pod
