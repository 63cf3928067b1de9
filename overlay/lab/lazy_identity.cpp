#include "overlay/lab/lazy_identity.hpp"

namespace flatlan::lab {

Result<SandboxDescriptors> LazyIdentity::descriptors(const Namespace& network) {
    if (!uts_) {
        FLATLAN_TRY(uts, Namespace::create_uts(host_name_));
        uts_.emplace(std::move(uts));
    }
    if (!ipc_) {
        FLATLAN_TRY(ipc, Namespace::create_ipc());
        ipc_.emplace(std::move(ipc));
    }
    return SandboxDescriptors{network.fd(), uts_->fd(), ipc_->fd()};
}

}  // namespace flatlan::lab
