#include "overlay/lab/backends.hpp"

#include "overlay/base/check.hpp"
#include "tunnel/direct/direct_backend.hpp"
#include "tunnel/kernel/kernel_backend.hpp"
#include "tunnel/user/user_backend.hpp"

namespace flatlan::lab {
namespace {

/// The hold of the node's namespace, twice, three netlink sockets, and what to wait on for two of
/// them.
constexpr std::size_t kDescriptorsOfRoutes = 6;
/// The same, the device, the sockets, and what the thread waits on.
constexpr std::size_t kDescriptorsOfUser = 12;

template <typename Opened>
Result<std::unique_ptr<tunnel::Backend>> owned(Result<Opened> backend) {
    if (!backend) return std::move(backend).error();
    return std::unique_ptr<tunnel::Backend>{std::make_unique<Opened>(std::move(backend).value())};
}

}  // namespace

Result<std::unique_ptr<tunnel::Backend>> make_backend(tunnel::BackendKind kind,
                                                      const Namespace& network) {
    switch (kind) {
        case tunnel::BackendKind::kernel:
            return owned(tunnel::KernelBackend::open(network));
        case tunnel::BackendKind::user:
            // One queue: the processors are shared by all nodes of the lab.
            return owned(tunnel::UserBackend::open(network));
        case tunnel::BackendKind::direct:
            return owned(tunnel::DirectBackend::open(network));
    }
    FLATLAN_CHECK(false);
}

std::size_t descriptors_of(tunnel::BackendKind kind) {
    return kind == tunnel::BackendKind::user ? kDescriptorsOfUser : kDescriptorsOfRoutes;
}

}  // namespace flatlan::lab
