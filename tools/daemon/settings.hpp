#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "overlay/base/names.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/time.hpp"
#include "overlay/node/cluster_agreement.hpp"
#include "overlay/node/published/node_file.hpp"
#include "overlay/registry/etcd/etcd_config.hpp"
#include "tools/cli/arguments.hpp"
#include "tools/daemon/api/daemon_client.hpp"
#include "tools/daemon/metrics/metrics_place.hpp"
#include "tunnel/backend.hpp"

/// `flatland`, the daemon of one node.
namespace flatlan::daemon {

/// Which registry the node asks: etcd where it has endpoints, else a database of this machine.
struct RegistrySettings {
    registry::EtcdConfig etcd{};
    std::filesystem::path etcd_password_file{};
    std::filesystem::path sqlite_file{};  ///< empty: in the state folder

    bool is_etcd() const { return !etcd.endpoints.empty(); }
};

/// All that a person can tell the daemon, in a file and by flags.
struct Settings {
    std::optional<NodeName> node_name{};  ///< empty: the host's name
    LabName cluster = LabName::from("default").value();
    RegistrySettings registry{};

    std::vector<IpPrefix> pod_cidrs{};  ///< empty: the cluster's
    std::optional<unsigned> block_bits_ipv4{};
    std::optional<unsigned> block_bits_ipv6{};
    node::ClusterWish wish{};  ///< `pools` is made of the three above

    std::optional<InterfaceName> underlay_interface{};
    std::optional<IpAddress> underlay_address{};
    tunnel::BackendKind backend = tunnel::BackendKind::kernel;

    std::filesystem::path state_folder{"/var/lib/flatlan"};
    std::filesystem::path node_file{node::kNodeFilePath};
    std::filesystem::path socket{kSocketPath};
    std::optional<MetricsPlace> metrics{};  ///< empty: nobody can read any
    bool metrics_remote = false;            ///< other machines may read them
    std::filesystem::path conflist{};       ///< empty: none is written
    std::string cni_network = "flatlan";
    std::string log_level = "info";

    std::map<std::string_view, std::string> given{};  ///< what was set, by flag
};

/// One thing that can be set: by "--flag VALUE", and in the file under spec by "path: VALUE".
struct Setting {
    std::string_view flag;
    std::string_view path;   ///< "tunnel.vni"; of a list the entries are joined by commas
    std::string_view value;  ///< what the value is called in help
    std::string_view summary;
    /// Reads the text into the settings. Error: invalid_argument.
    Result<void> (*read)(Settings&, const std::string& text);
    std::vector<std::string> choices{};
    /// Whether SIGHUP changes it; all others need a restart.
    bool reloads = false;
};

/// Every setting, in the order of help.
std::span<const Setting> all_settings();

/// The command line of `flatland`.
cli::Usage usage();

/// The settings that stand in a YAML text, read into `into`. Errors, all invalid_argument with file
/// and line: no document of ours, a key that we do not know (the nearest is named), a wrong value.
Result<void> read_settings_file(std::string_view text, const std::string& file, Settings& into);

/// Reads the file that `--config` names, or the usual one where it exists, then the flags, which
/// override it. Errors besides the file's: a wrong flag, settings that contradict each other.
Result<Settings> read_settings(const cli::Arguments& arguments);

/// The flags that are set otherwise in the two.
std::vector<std::string_view> differing(const Settings& one, const Settings& other);

}  // namespace flatlan::daemon
