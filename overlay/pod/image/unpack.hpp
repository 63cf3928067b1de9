#pragma once

#include <set>
#include <string>

#include "overlay/linux/unique_fd.hpp"
#include "overlay/pod/image/image_layout.hpp"
#include "overlay/pod/image/tar_reader.hpp"

namespace flatlan::pod {

/// Whether files get the owners that the archive names, and devices are made.
enum class Owners : std::uint8_t { as_in_image, ourselves };

/// Unpacks layers one over the other into one folder. Whatever an archive says, nothing outside of
/// the folder is looked at or changed.
class Unpacker {
public:
    /// The folder is there.
    static Result<Unpacker> open(const std::string& folder, Owners owners);

    /// Puts a layer over what is there (OCI image specification, layer.md). Error corrupt when it
    /// is no archive, or not the one that its digest names.
    Result<void> add(const ImageLayer& layer);

private:
    Unpacker(UniqueFd root, Owners owners) : root_{std::move(root)}, owners_{owners} {}

    /// A folder, and a name in it.
    struct Place {
        UniqueFd parent;
        std::string name;
    };

    Result<void> take(const TarEntry& entry, TarReader& archive);
    Result<void> make(const Place& at, const TarEntry& entry, TarReader& archive);
    Result<void> make_file(const Place& at, const TarEntry& entry, TarReader& archive);
    Result<void> make_folder(const Place& at, const TarEntry& entry);
    Result<void> make_hard_link(const Place& at, const TarEntry& entry);
    Result<void> set_owner(const Place& at, const TarEntry& entry);
    Result<void> white_out(const std::string& folder, const std::string& name);
    Result<UniqueFd> open_folder(const std::string& path, bool make, unsigned links = 0);
    Result<Place> place_of(const std::string& path);

    UniqueFd root_;
    Owners owners_;
    std::set<std::string> made_{};  ///< paths of the layer at hand, which its whiteouts leave
};

}  // namespace flatlan::pod
