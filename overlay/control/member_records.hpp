#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "overlay/control/records.hpp"

namespace flatlan::control {

/// The keys of what keeps a cluster's claims right while members and the registry come and go.
///
///     /flatlan/v1/CLUSTER/epoch          which state of the registry the claims belong to
///     /flatlan/v1/CLUSTER/roll/NAME      who has published its blocks again in this epoch
///     /flatlan/v1/CLUSTER/alive/NAME     a sign of life; goes with the node's session
///     /flatlan/v1/CLUSTER/wants/NAME     blocks that a node wants and the cluster has none of
class MemberKeys {
public:
    explicit MemberKeys(const RecordKeys& keys) : root_{keys.root()} {}

    std::string epoch() const { return root_ + "epoch"; }
    std::string roll() const { return root_ + "roll/"; }
    std::string roll(const NodeName& name) const { return roll() + name.text(); }
    std::string alive() const { return root_ + "alive/"; }
    std::string alive(const NodeName& name) const { return alive() + name.text(); }

    std::string wants() const { return root_ + "wants/"; }
    std::string wants(const NodeName& name) const { return wants() + name.text(); }

private:
    std::string root_;
};

/// The families of which a node wants a block and finds each one claimed.
struct WantsRecord {
    bool ipv4 = false;
    bool ipv6 = false;

    bool has(IpFamily family) const { return family == IpFamily::ipv4 ? ipv4 : ipv6; }
    void set(IpFamily family) { (family == IpFamily::ipv4 ? ipv4 : ipv6) = true; }
    bool empty() const { return !ipv4 && !ipv6; }
    friend bool operator==(const WantsRecord&, const WantsRecord&) = default;
};

/// Counts how often the registry was found to be another one, or an earlier state of itself. What
/// it then says about claims may be too little, so nobody claims until every member that anybody
/// remembers has published its blocks again.
struct EpochRecord {
    std::uint64_t number = 1;    ///< from 1
    std::uint64_t registry = 0;  ///< RegistryState::cluster in which it began
    bool whole = true;           ///< all claims are there: further ones may be made
    friend bool operator==(const EpochRecord&, const EpochRecord&) = default;
};

/// What is known of a member in an epoch.
enum class RollState : std::uint8_t {
    awaited,    ///< somebody remembers it, and it has not published its blocks again
    published,  ///< all its blocks are in the registry
    removed,    ///< it is gone for good: what it finds missing when it comes back is not its own
};

/// A member's entry in the roll.
struct RollRecord {
    std::uint64_t epoch = 0;
    RollState state = RollState::awaited;
    friend bool operator==(const RollRecord&, const RollRecord&) = default;
};

std::string to_record(const EpochRecord& epoch);
std::string to_record(const RollRecord& entry);
std::string to_record(const WantsRecord& wants);
/// A sign of life.
std::string alive_record(ipam::Incarnation incarnation);
/// Errors as with the other records.
Result<EpochRecord> epoch_from_record(std::string_view text);
Result<RollRecord> roll_from_record(std::string_view text);
Result<WantsRecord> wants_from_record(std::string_view text);
/// Whose sign of life it is.
Result<ipam::Incarnation> alive_from_record(std::string_view text);

}  // namespace flatlan::control
