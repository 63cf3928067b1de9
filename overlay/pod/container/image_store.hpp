#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/pod/image/image_layout.hpp"
#include "overlay/pod/image/image_user.hpp"
#include "overlay/pod/image/unpack.hpp"

namespace flatlan::pod {

/// An image whose files are there, once for all containers that are made of it.
struct UnpackedImage {
    std::string root;  ///< the folder that is the lower layer of their roots
    ImageConfig config;
    ImageUser user;
};

/// The images of a lab's containers, unpacked in memory. From any thread.
class ImageStore {
public:
    /// What all images may take together; files in memory take what they are and no more.
    static constexpr std::uint64_t kSizeMaxBytes = 4ULL << 30U;

    /// `folder` is the store's own.
    ImageStore(std::string folder, Owners owners) : folder_{std::move(folder)}, owners_{owners} {}
    ImageStore(const ImageStore&) = delete;
    ImageStore& operator=(const ImageStore&) = delete;
    ~ImageStore();

    /// Unpacks an image, "oci:FOLDER[:TAG]", unless it is there. Errors of read_image_layout, of
    /// Unpacker and of find_image_user.
    Result<void> add(const std::string& image);
    /// Null when it is not there; stays as long as the store.
    const UnpackedImage* find(const std::string& image) const;
    /// Those that are to run as somebody else than root.
    std::vector<std::string> with_users() const;

private:
    std::string folder_;
    Owners owners_;
    mutable std::mutex mutex_;
    std::map<std::string, UnpackedImage> images_;
};

}  // namespace flatlan::pod
