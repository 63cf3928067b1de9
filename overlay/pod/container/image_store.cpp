#include "overlay/pod/container/image_store.hpp"

#include "overlay/pod/container/mounts.hpp"
#include "overlay/pod/container/process.hpp"
#include "overlay/pod/image/unpack.hpp"
#include "overlay/pod/lifecycle/pod_template.hpp"

namespace flatlan::pod {
namespace {

Result<UnpackedImage> unpack(const std::string& image, const std::string& root, Owners owners) {
    FLATLAN_TRY(layout, read_image_layout(std::string_view{image}.substr(kLayoutImage.size())));
    FLATLAN_TRY_VOID(make_folders(root));
    FLATLAN_TRY(unpacker, Unpacker::open(root, owners));
    for (const ImageLayer& layer : layout.layers)
        FLATLAN_TRY_VOID(unpacker.add(layer));
    FLATLAN_TRY(user, find_image_user(root, layout.config.user));
    return UnpackedImage{root, std::move(layout.config), user};
}

}  // namespace

ImageStore::~ImageStore() {
    if (!images_.empty()) remove_mounted_folder(folder_);
}

Result<void> ImageStore::add(const std::string& image) {
    const std::lock_guard adding{mutex_};
    if (images_.contains(image)) return success();
    if (images_.empty()) {
        remove_mounted_folder(folder_);  // of an attempt that failed
        FLATLAN_TRY_VOID(mount_tmpfs(folder_, kSizeMaxBytes));
    }
    const std::string root = folder_ + "/" + std::to_string(images_.size());
    auto unpacked = unpack(image, root, owners_);
    if (!unpacked) {
        remove_mounted_folder(root);
        return std::move(unpacked).error().within("image '" + image + "'");
    }
    images_.emplace(image, std::move(unpacked).value());
    return success();
}

std::vector<std::string> ImageStore::with_users() const {
    const std::lock_guard looking{mutex_};
    std::vector<std::string> names;
    for (const auto& [name, image] : images_)
        if (image.user != ImageUser{}) names.push_back(name);
    return names;
}

const UnpackedImage* ImageStore::find(const std::string& image) const {
    const std::lock_guard looking{mutex_};
    const auto at = images_.find(image);
    return at == images_.end() ? nullptr : &at->second;
}

}  // namespace flatlan::pod
