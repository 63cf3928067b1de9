#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/network_values.hpp"
#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::registry {

/// Where one member of an etcd cluster listens for clients.
struct EtcdEndpoint {
    std::string host;  ///< a name, an IPv4 address, or an IPv6 address without brackets
    Port port;
    bool tls = false;

    /// "http://HOST:PORT" or "https://HOST:PORT"; an IPv6 address stands in brackets. Error
    /// invalid_argument says what is wrong with it.
    static Result<EtcdEndpoint> from_url(std::string_view url);
    friend bool operator==(const EtcdEndpoint&, const EtcdEndpoint&) = default;
};

/// "https://[::1]:2379".
std::string to_string(const EtcdEndpoint& endpoint);

/// How to reach an etcd cluster and who asks it.
struct EtcdConfig {
    static constexpr std::size_t kEndpointsMax = 32;

    std::vector<EtcdEndpoint> endpoints;  ///< members of one cluster; all with TLS or none
    /// Certificates of the authorities that etcd's may be signed by (PEM); empty: the system's.
    std::filesystem::path authority_file;
    /// This client's own certificate and its key (PEM), where etcd asks for one; both or none.
    std::filesystem::path certificate_file;
    std::filesystem::path key_file;
    std::string user;  ///< empty: no user authentication
    std::string password;
    /// A key that the user may read. What etcd answers to it tells its state.
    std::string state_key = "/flatlan/";
    /// A call takes no longer. A slow disk of etcd's needs some hundred milliseconds.
    Duration call_timeout = std::chrono::seconds{2};
};

/// Error invalid_argument for a config that contradicts itself.
Result<void> check_config(const EtcdConfig& config);

}  // namespace flatlan::registry
