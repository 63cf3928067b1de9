#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "overlay/linux/namespace.hpp"
#include "tunnel/backend.hpp"

namespace flatlan::tunnel {

/// A backend under test: how to open one in a node's namespace, and where it departs from the
/// reference (README.md, beside this file, says why).
struct Candidate {
    std::string name;  ///< in capitals as a test's name has it
    BackendKind kind;
    std::function<Result<std::unique_ptr<Backend>>(const Namespace&)> open;
    /// Whether it drops a packet of an endpoint that it does not know, or whose inner source is
    /// not the sender's.
    bool judges_senders;
    bool encapsulates;
    SenderCheck sender_check = SenderCheck::off;  ///< of the whole cluster
};

/// Every backend that is tried. One line here brings in a new one.
const std::vector<Candidate>& candidates();

/// Which candidates talk to each other, over which underlay. `near` is on node 0, `far` on all
/// others.
struct Pairing {
    const Candidate* near;
    const Candidate* far;
    IpFamily underlay;

    friend void PrintTo(const Pairing& pairing, std::ostream* out);
};

/// "KernelToUserOverIPv4".
std::string name_of(const testing::TestParamInfo<Pairing>& info);

/// Each candidate with itself, and all pairs of those that encapsulate and have no need of settings
/// of their own, over either family.
std::vector<Pairing> pairings();

}  // namespace flatlan::tunnel
