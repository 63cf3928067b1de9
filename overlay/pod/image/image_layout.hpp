#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overlay/pod/image/layer_stream.hpp"

namespace flatlan::pod {

/// What an image says of the container that is made of it (OCI image specification, config.md).
struct ImageConfig {
    std::vector<std::string> entrypoint{};
    std::vector<std::string> arguments{};    ///< "Cmd"
    std::vector<std::string> environment{};  ///< "NAME=VALUE"
    std::string working_dir{};
    std::string user{};  ///< "NAME", "UID", each with ":GROUP" or without; empty: root
    std::string stop_signal{};
};

/// A layer, and how it is packed.
struct ImageLayer {
    Blob blob;
    LayerFormat format = LayerFormat::tar;
};

/// An image in a folder on this machine.
struct ImageLayout {
    ImageConfig config{};
    std::vector<ImageLayer> layers{};  ///< the lowest first
};

/// Reads what the index, the manifest and the configuration say; the layers are not looked at.
/// `reference` is "FOLDER" or "FOLDER:TAG". Of several images in one folder the tag
/// (org.opencontainers.image.ref.name) names one, and of one for several machines that for this one
/// is taken. Errors: not_found when there is no such folder or tag (those that there are, are
/// told), corrupt when something is not as the specification has it or not as its digest says,
/// unsupported for another machine's image, layers packed by anything but gzip, or digests other
/// than SHA-256.
Result<ImageLayout> read_image_layout(std::string_view reference);

}  // namespace flatlan::pod
