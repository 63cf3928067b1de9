#include "overlay/linux/machine_namespaces.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <sstream>

#include "overlay/linux/address.hpp"
#include "overlay/linux/link.hpp"
#include "overlay/linux/mount_info.hpp"

namespace flatlan {
namespace {

using ipam::LiveAddress;
using ipam::NetnsInode;

constexpr std::string_view kNetworkMark = "net:[";  // what /proc's links to a namespace begin with

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_gone(int error) { return error == ENOENT || error == ESRCH || error == EINVAL; }

Error not_seen(int error, const std::string& path) {
    return Error::from_errno(error, "look at '" + path + "' for network namespaces")
        .expecting("a user who may see every process (CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH)");
}

/// Calls `each` with the names in a folder of /proc; one that is gone has none.
Result<void> for_each_name(const std::string& path,
                           const std::function<Result<void>(const char*)>& each) {
    const std::unique_ptr<DIR, CloseFolder> folder{::opendir(path.c_str())};
    if (!folder && is_gone(errno)) return success();
    if (!folder) return not_seen(errno, path);
    while (const dirent* entry = ::readdir(folder.get()))
        if (entry->d_name[0] != '.') FLATLAN_TRY_VOID(each(entry->d_name));
    return success();
}

/// Whether a process has begun to end (PF_EXITING among the flags of proc(5)'s `stat`): once its
/// memory is gone, what /proc says of it belongs to the machine's root, so that in a user namespace
/// it may not be looked at any more. A namespace that it alone still held is going as well.
bool is_ending(const std::string& process) {
    constexpr unsigned long kExiting = 0x4;
    std::ifstream file{process + "/stat"};
    std::string line;
    if (!std::getline(file, line)) return true;
    // The name in parentheses may hold anything; the flags are the seventh word after it.
    std::istringstream words{line.substr(std::min(line.rfind(')'), line.size() - 1) + 1)};
    std::string word;
    for (int skipped = 0; skipped < 6; ++skipped)
        words >> word;
    unsigned long flags = 0;
    return !(words >> flags) || (flags & kExiting) != 0;
}

bool is_of_another_user(const std::string& process) {
    struct stat status {};
    return ::geteuid() != 0 && ::stat(process.c_str(), &status) == 0 &&
           status.st_uid != ::geteuid();
}

/// Collects namespaces, each once, and opens them as it finds them: later they might be gone.
class Search {
public:
    explicit Search(NetnsInode own) : known_{own} {}

    Result<void> look_at_processes() {
        return for_each_name("/proc", [&](const char* name) -> Result<void> {
            if (name[0] < '0' || name[0] > '9') return success();
            const std::string process = std::string{"/proc/"} + name;
            if (is_of_another_user(process)) return success();
            Result<void> seen = look_at_process(process);
            if (!seen && is_ending(process)) return success();
            return seen;
        });
    }

    /// A line of mountinfo (proc(5)): "36 35 0:4 net:[4026532001] /run/netns/blue rw - nsfs ...".
    Result<void> look_at_mounts() {
        std::ifstream mounts{"/proc/self/mountinfo"};
        if (!mounts) return not_seen(errno, "/proc/self/mountinfo");
        for (std::string line; std::getline(mounts, line);) {
            std::istringstream words{line};
            std::string number, parent, device, root, path;
            words >> number >> parent >> device >> root >> path;
            if (root.starts_with(kNetworkMark))
                FLATLAN_TRY_VOID(open_once(unescape_mount_path(path), inode_of(root)));
        }
        return success();
    }

    std::vector<Namespace> found;

private:
    static NetnsInode inode_of(std::string_view link) {
        const std::string digits{link.substr(kNetworkMark.size())};
        return NetnsInode{std::strtoull(digits.c_str(), nullptr, 10)};
    }

    Result<void> look_at_process(const std::string& process) {
        FLATLAN_TRY_VOID(look_at_link(process + "/ns/net"));
        return for_each_name(process + "/fd", [&](const char* descriptor) {
            return look_at_link(process + "/fd/" + descriptor);
        });
    }

    Result<void> look_at_link(const std::string& path) {
        std::array<char, 64> text{};
        const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
        if (size < 0) return is_gone(errno) ? Result<void>{success()} : not_seen(errno, path);
        const std::string_view link{text.data(), static_cast<std::size_t>(size)};
        return link.starts_with(kNetworkMark) ? open_once(path, inode_of(link)) : success();
    }

    Result<void> open_once(const std::string& path, NetnsInode inode) {
        if (known_.contains(inode)) return success();
        auto opened = Namespace::open(path);
        if (!opened && is_gone(opened.error().system_errno())) return success();
        if (!opened) return std::move(opened).error();
        // Between the look and the opening the path may have come to mean another.
        if (known_.insert(NetnsInode{opened.value().inode()}).second)
            found.push_back(std::move(opened).value());
        return success();
    }

    std::set<NetnsInode> known_;
};

bool is_global(const IpAddress& address) {
    if (address.is_ipv6()) return !address.ipv6().is_link_local() && !address.ipv6().is_loopback();
    return !address.ipv4().is_link_local() && !address.ipv4().is_loopback();
}

}  // namespace

Result<std::vector<Namespace>> find_network_namespaces() {
    FLATLAN_TRY(own, Namespace::open("/proc/thread-self/ns/net"));
    Search search{NetnsInode{own.inode()}};
    FLATLAN_TRY_VOID(search.look_at_processes());
    FLATLAN_TRY_VOID(search.look_at_mounts());
    return std::move(search.found);
}

Result<std::vector<LiveAddress>> live_addresses_in(const Namespace& network) {
    FLATLAN_TRY(netlink, Netlink::open_in(network));
    FLATLAN_TRY(links, list_links(netlink));
    FLATLAN_TRY(addresses, list_addresses(netlink));
    std::vector<LiveAddress> live;
    for (const InterfaceAddress& address : addresses) {
        const auto link = std::find_if(links.begin(), links.end(), [&](const Link& candidate) {
            return candidate.index == address.device;
        });
        // An interface that was made between the two answers is there all the same.
        if (is_global(address.address))
            live.push_back({address.address, NetnsInode{network.inode()},
                            link == links.end() ? InterfaceName{"?"} : link->name,
                            link == links.end() ? std::string{} : link->alias});
    }
    return live;
}

Result<std::vector<LiveAddress>> MachineNamespaces::addresses() {
    FLATLAN_TRY(namespaces, find_network_namespaces());
    std::vector<LiveAddress> all;
    for (const Namespace& network : namespaces) {
        FLATLAN_TRY(live, live_addresses_in(network));
        all.insert(all.end(), live.begin(), live.end());
    }
    return all;
}

}  // namespace flatlan
