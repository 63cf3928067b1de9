#include "tools/daemon/node_parts.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "overlay/linux/boot.hpp"
#include "overlay/node/published/read_file.hpp"
#include "overlay/node/published/replace_file.hpp"
#include "overlay/registry/etcd/etcd_registry.hpp"
#include "overlay/registry/sqlite/sqlite_registry.hpp"
#include "tunnel/direct/direct_backend.hpp"
#include "tunnel/kernel/kernel_backend.hpp"
#include "tunnel/user/user_backend.hpp"

namespace flatlan::daemon {
namespace {

constexpr mode_t kOwnerAlone = S_IRUSR | S_IWUSR;
constexpr std::size_t kHostNameSizeMax = 64;  // HOST_NAME_MAX of Linux

std::string owner_text(const NodeName& node, const LabName& cluster) {
    return "node '" + node.text() + "' of cluster '" + cluster.text() + "'\n";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

template <typename Opened>
Result<std::unique_ptr<tunnel::Backend>> owned(Result<Opened> backend) {
    if (!backend) return std::move(backend).error();
    return std::unique_ptr<tunnel::Backend>{std::make_unique<Opened>(std::move(backend).value())};
}

}  // namespace

Result<UniqueFd> StateFiles::take() const {
    std::error_code failed;
    if (std::filesystem::create_directories(folder, failed))
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    if (failed) return Error::from_errno(failed.value(), "make '" + folder.string() + "'");
    UniqueFd held{::open(lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerAlone)};
    if (!held) return Error::from_errno(errno, "open '" + lock().string() + "'");
    if (::flock(held.get(), LOCK_EX | LOCK_NB) == 0) return held;
    if (errno != EWOULDBLOCK) return Error::from_errno(errno, "lock '" + lock().string() + "'");
    return Error{ErrorCode::already_exists,
                 "another flatland has the state folder '" + folder.string() + "'"}
        .at("--state-dir")
        .expecting("one flatland on a node, or a folder of its own for each");
}

Result<void> StateFiles::check_owner(const NodeName& node, const LabName& cluster) const {
    const auto there = node::read_file(owner());
    if (!there && there.error().code() == ErrorCode::not_found) return success();
    if (!there) return there.error();
    const std::string text = owner_text(node, cluster);
    if (there.value() == text) return success();
    return Error{ErrorCode::invalid_argument, "the state folder '" + folder.string() + "' is of " +
                                                  first_line(there.value()) + ", and not of " +
                                                  first_line(text)}
        .at("--state-dir")
        .expecting(
            "the --node-name and --cluster of before, or another folder; to rename a node, "
            "end its pods, 'flatlan node remove' it and delete its folder");
}

Result<void> StateFiles::save_owner(const NodeName& node, const LabName& cluster) const {
    const std::string text = owner_text(node, cluster);
    if (const auto there = node::read_file(owner()); there && there.value() == text)
        return success();
    if (auto written = node::replace_file(owner(), text, node::Synced::yes); !written)
        return std::move(written).error().within("write '" + owner().string() + "'");
    return success();
}

Result<std::optional<control::ClusterRecord>> StateFiles::load_cluster() const {
    auto text = node::read_file(cluster());
    if (!text && text.error().code() == ErrorCode::not_found)
        return std::optional<control::ClusterRecord>{};
    if (!text) return std::move(text).error();
    auto record = control::cluster_from_record(text.value());
    if (!record) return std::move(record).error().at(cluster().string());
    return std::optional{std::move(record).value()};
}

Result<void> StateFiles::save_cluster(const control::ClusterRecord& record) const {
    const std::string text = control::to_record(record);
    if (const auto there = node::read_file(cluster()); there && there.value() == text)
        return success();
    if (auto written = node::replace_file(cluster(), text, node::Synced::yes); !written)
        return std::move(written).error().within("write '" + cluster().string() + "'");
    return success();
}

Result<NodeName> node_name(const Settings& settings) {
    if (settings.node_name) return *settings.node_name;
    std::array<char, kHostNameSizeMax + 1> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0)
        return Error::from_errno(errno, "read the host's name");
    std::string text{host.data()};
    text = text.substr(0, text.find('.'));
    std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    auto name = NodeName::from(text);
    if (!name) return std::move(name).error().within("the host's name").at("--node-name");
    return name;
}

std::string registry_text(const Settings& settings, const StateFiles& files) {
    const auto& [etcd, password, sqlite_file] = settings.registry;
    if (!settings.registry.is_etcd())
        return "database " + (sqlite_file.empty() ? files.registry() : sqlite_file).string();
    std::string text{"etcd"};
    for (const registry::EtcdEndpoint& endpoint : etcd.endpoints)
        text += " " + to_string(endpoint);
    return text;
}

Result<std::unique_ptr<registry::Registry>> open_registry(const Settings& settings,
                                                          const StateFiles& files,
                                                          const BootId& boot) {
    if (!settings.registry.is_etcd()) {
        const auto& file = settings.registry.sqlite_file;
        auto opened = registry::SqliteRegistry::open(
            {.file = file.empty() ? files.registry() : file, .boot = boot, .clock = boot_time_now});
        if (!opened) return std::move(opened).error().at("--sqlite");
        return std::unique_ptr<registry::Registry>{std::move(opened).value()};
    }
    registry::EtcdConfig config = settings.registry.etcd;
    if (!settings.registry.etcd_password_file.empty()) {
        auto password = node::read_file(settings.registry.etcd_password_file);
        if (!password) return std::move(password).error().at("--etcd-password-file");
        config.password = password.value().substr(0, password.value().find('\n'));
    }
    config.state_key = control::RecordKeys{settings.cluster}.root();
    FLATLAN_TRY(opened, registry::EtcdRegistry::create(std::move(config)));
    return std::unique_ptr<registry::Registry>{std::move(opened)};
}

Result<std::unique_ptr<ipam::SqliteLeaseStore>> open_leases(
    const StateFiles& files, const BootId& boot, const control::ClusterRecord& cluster,
    ipam::LiveNamespaces& live, bool makes_missing, std::vector<std::string>& notes) {
    auto opened = ipam::SqliteLeaseStore::open(
        {.file = files.leases(),
         .boot = boot,
         .clock = boot_time_now,
         .rules = {.excluded = cluster.excluded, .reserved = cluster.reserved},
         .live = &live,
         .makes_missing = makes_missing});
    if (!opened && opened.error().code() == ErrorCode::corrupt)
        return std::move(opened).error().expecting("flatlan ipam rebuild --database " +
                                                   files.leases().string());
    if (!opened) return opened;
    auto& leases = *opened.value();
    const ipam::Reconciliation at_boot = leases.reconciled_at_boot();
    // A daemon may have crashed, and a plugin half-way.
    const auto now = leases.reconcile();
    if (!now) {
        notes.push_back("leases are not compared with live pods: " + now.error().to_string());
        return opened;
    }
    for (const auto* const done : {&at_boot, &now.value()}) {
        for (const ipam::Lease& lease : done->release)
            notes.push_back("released what no pod has any more: " + lease.key.text());
        for (const ipam::Lease& lease : done->adopt)
            notes.push_back("took in what a pod has without a lease: " + lease.key.text());
    }
    return opened;
}

Result<std::unique_ptr<tunnel::Backend>> open_backend(tunnel::BackendKind kind,
                                                      const Namespace& network) {
    switch (kind) {
        case tunnel::BackendKind::kernel:
            return owned(tunnel::KernelBackend::open(network));
        case tunnel::BackendKind::user:
            return owned(tunnel::UserBackend::open(
                network, {.queues = tunnel::queues_for(std::thread::hardware_concurrency())}));
        case tunnel::BackendKind::direct:
            return owned(tunnel::DirectBackend::open(network));
    }
    FLATLAN_CHECK(false);
}

Result<void> check_mtu(const Underlay& underlay, const control::ClusterRecord& cluster) {
    const std::uint32_t promised = cluster.tunnel.underlay_mtu.value();
    if (underlay.mtu.value() >= promised) return success();
    return Error{ErrorCode::invalid_argument,
                 "interface '" + underlay.interface.text() + "' passes " +
                     std::to_string(underlay.mtu.value()) + " octets, the cluster's underlay " +
                     std::to_string(promised)}
        .at("--underlay-interface")
        .expecting("an interface of that MTU, or a cluster made with a smaller --underlay-mtu");
}

Result<void> check_apart(const IpAddress& underlay, const std::vector<IpPrefix>& pods) {
    for (const IpPrefix& prefix : pods)
        if (prefix.contains(underlay))
            return Error{ErrorCode::invalid_argument,
                         "the underlay address " + to_string(underlay) +
                             " lies in the pods' prefix " + to_string(prefix)}
                .at("--pod-cidrs")
                .expecting("prefixes of which the underlay has no address");
    return success();
}

Error with_flag(Error error) {
    if (error.where() == "endpoint")
        return Error{error.code(), error.text()}
            .at("--underlay-address")
            .expecting(
                "an address of this node's own, by --underlay-interface or --underlay-address: "
                "virtual machines often all have the same one on their first interface");
    return Error{error.code(), error.text()}
        .at("--node-name")
        .expecting(
            "a name of its own for each node; if that node is gone, its sign of life ends "
            "within 15 s");
}

control::ClusterRecord preset_cluster(const Underlay& underlay) {
    std::vector<ipam::PoolSpec> pools;
    for (const char* const text : {"10.244.0.0/16", "fd00:10:244::/56"}) {
        const IpPrefix prefix = IpPrefix::from_text(text).value();
        pools.push_back(
            ipam::PoolSpec::from(prefix, ipam::PoolSpec::default_block_length_bits(prefix.family()))
                .value());
    }
    control::ClusterRecord preset{.tunnel = {},
                                  .pools = ipam::ClusterPools::from(std::move(pools)).value()};
    preset.tunnel.underlay_mtu = UnderlayMtu{std::min(underlay.mtu.value(), UnderlayMtu::kMax)};
    return preset;
}

}  // namespace flatlan::daemon
