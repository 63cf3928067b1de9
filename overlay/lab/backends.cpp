#include "overlay/lab/backends.hpp"

#include "tunnel/direct/direct_backend.hpp"
#include "tunnel/kernel/kernel_backend.hpp"

namespace flatlan::lab {

Result<std::unique_ptr<tunnel::Backend>> make_backend(tunnel::BackendKind kind,
                                                      const Namespace& network) {
    if (kind == tunnel::BackendKind::direct) {
        FLATLAN_TRY(direct, tunnel::DirectBackend::open(network));
        return std::unique_ptr<tunnel::Backend>{
            std::make_unique<tunnel::DirectBackend>(std::move(direct))};
    }
    if (kind != tunnel::BackendKind::kernel)
        return Error{ErrorCode::unsupported,
                     "no backend '" + std::string{to_string(kind)} + "' in this version"}
            .expecting("kernel or direct");
    FLATLAN_TRY(backend, tunnel::KernelBackend::open(network));
    return std::unique_ptr<tunnel::Backend>{
        std::make_unique<tunnel::KernelBackend>(std::move(backend))};
}

}  // namespace flatlan::lab
