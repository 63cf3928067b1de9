#include "overlay/lab/underlay.hpp"

#include "overlay/lab/bridged_underlay.hpp"
#include "overlay/lab/routed_underlay.hpp"

namespace flatlan::lab {

Result<std::unique_ptr<Underlay>> create_underlay(const LabSpec& spec) {
    if (spec.topology == UnderlayTopology::bridged) {
        FLATLAN_TRY(bridged, BridgedUnderlay::create(spec));
        return std::unique_ptr<Underlay>{std::make_unique<BridgedUnderlay>(std::move(bridged))};
    }
    FLATLAN_TRY(routed, RoutedUnderlay::create(spec.underlay_cidrs, spec.underlay_mtu));
    return std::unique_ptr<Underlay>{std::make_unique<RoutedUnderlay>(std::move(routed))};
}

}  // namespace flatlan::lab
