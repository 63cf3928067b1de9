#pragma once

#include <string_view>

#include "ipam/lease.hpp"
#include "tools/cni/configuration.hpp"
#include "tools/cni/environment.hpp"

namespace flatlan::cni {

/// One call of the plugin: what the variables and the configuration say together.
struct Request {
    Environment environment;
    Configuration configuration;

    /// Touches nothing but its arguments. `program` is the name under which plugins call us.
    static Outcome<Request> parse(const Environment::Variables& variables,
                                  std::string_view standard_input, std::string_view program);

    /// Of ADD, DEL and CHECK: what holds the lease.
    ipam::LeaseKey key() const;
};

}  // namespace flatlan::cni
