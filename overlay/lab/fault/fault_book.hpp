#pragma once

#include <functional>
#include <vector>

#include "overlay/lab/fault/catalogue.hpp"
#include "overlay/lab/fault/place_tables.hpp"

namespace flatlan::lab {

/// The faults of one lab. Its calls change the lab: one at a time.
class FaultBook {
public:
    /// Puts a node's tunnel right, whatever is wrong with it.
    using RepairNode = std::function<Result<void>(const std::string& node)>;
    explicit FaultBook(RepairNode repair) : repair_{std::move(repair)} {}

    /// Makes the fault in the lab as it is. What a failed one has changed is taken back.
    Result<FaultRecord> add(const LabStatus& lab, const FaultRequest& request);
    /// Takes one away: what it changed and is not mended yet becomes what it was. Succeeds when
    /// its place is gone. Error not_found for a number that none has.
    Result<FaultRecord> remove(const LabStatus& lab, unsigned number);

    std::vector<FaultRecord> list() const;
    bool empty() const { return faults_.empty(); }

private:
    struct Fault {
        FaultRecord record;
        const FaultKind* kind;
        std::string node;  ///< whose tunnel it remakes
        PlaceTables whole;
        PlaceTables broken;
        FaultUndo undo;
    };

    Result<void> take_away(const LabStatus& lab, const Fault& fault);

    RepairNode repair_;
    std::vector<Fault> faults_;
    unsigned next_number_ = 1;
};

}  // namespace flatlan::lab
