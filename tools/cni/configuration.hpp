#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/mac_address.hpp"
#include "overlay/node/published/node_file.hpp"
#include "tools/cni/environment.hpp"
#include "tools/cni/failure.hpp"

namespace flatlan::cni {

/// One interface of one container, as GC lists them.
struct AttachmentName {
    std::string container;
    std::string interface;
    friend auto operator<=>(const AttachmentName&, const AttachmentName&) = default;
};

/// What the container is to have, where it may not be left to us.
struct Wishes {
    IpAddresses addresses;
    std::optional<MacAddress> mac;
};

/// The plugin's configuration: what stands on standard input. Keys that we do not know are left to
/// others, since runtimes add their own.
struct Configuration {
    /// More is no configuration, but a mistake or an attack.
    static constexpr std::size_t kSizeMax = std::size_t{16} << 20U;

    Version version = kOldest;
    std::string network;
    std::string type;  ///< the plugin that the runtime calls
    /// Whether `type` is another plugin, which asks us for addresses alone (`ipam.type`).
    bool delegated = false;

    std::filesystem::path node_file{node::kNodeFilePath};
    /// Overrides what node.json says, and holds where there is none.
    std::optional<std::filesystem::path> lease_file;
    std::filesystem::path log_file;  ///< empty: no log

    Wishes wishes;
    std::string dns;          ///< JSON; empty: none
    std::string prev_result;  ///< JSON; empty: none, so we are the first of the chain
    /// GC's list of what there still is. No value: the runtime sent none (or null), so it says
    /// nothing about what is gone.
    std::optional<std::vector<AttachmentName>> valid_attachments;

    /// Reads it for `verb`. `program` is the name under which plugins call us. Errors:
    /// decoding_failure, invalid_configuration, unsupported_field, incompatible_version (also for a
    /// verb that the version has not), invalid_environment for CNI_ARGS.
    static Outcome<Configuration> parse(std::string_view text, const Environment& environment,
                                        std::string_view program);
};

/// The version in which the answer to this configuration is written, also when nothing else in it
/// can be read: the one asked for, or the newest when that is none of ours.
Version answer_version(std::string_view text);

}  // namespace flatlan::cni
