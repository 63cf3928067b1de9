#include "tools/cni/request.hpp"

namespace flatlan::cni {

Outcome<Request> Request::parse(const Environment::Variables& variables,
                                std::string_view standard_input, std::string_view program) {
    FLATLAN_TRY(environment, Environment::read(variables));
    FLATLAN_TRY(configuration, Configuration::parse(standard_input, environment, program));
    return Request{std::move(environment), std::move(configuration)};
}

ipam::LeaseKey Request::key() const {
    auto key =
        ipam::LeaseKey::from(configuration.network, environment.container, environment.interface);
    FLATLAN_CHECK(key.has_value());  // each part was checked when it was read
    return std::move(key).value();
}

}  // namespace flatlan::cni
