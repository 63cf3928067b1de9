#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"
#include "overlay/base/time.hpp"

namespace flatlan::daemon {

/// What a test of a cluster brought in: the records of its nodes as they wrote them
/// (overlay/probe/cluster/probe_records.hpp), for whoever asked to join.
struct ClusterAnswer {
    /// A node that is not in the roster, or of which a part is missing.
    struct Silent {
        std::string node;
        std::string why;  ///< follows the node's name: "did not answer the request"
    };
    /// Who takes part of a node that is in the roster, in its order.
    struct Members {
        std::string node;
        std::string record;
    };
    struct Node {
        std::string name;
        std::string summary;                             ///< a record
        std::vector<std::string> sent{};                 ///< pages
        std::optional<std::vector<std::string>> seen{};  ///< pages; none: it fell silent
        std::vector<std::string> tried{};                ///< pages
        std::vector<std::string> gone{};                 ///< records: members removed meanwhile
    };
    std::string roster;
    std::string trials{};  ///< the record that called for them; empty: none were to be made
    std::vector<Members> members;
    std::vector<Node> nodes;  ///< those that sent
    std::vector<Silent> silent;
    Duration took{};
};

std::string to_json(const ClusterAnswer& answer);
/// Error corrupt for a text that to_json has not made.
Result<ClusterAnswer> cluster_answer_from_json(std::string_view text);

}  // namespace flatlan::daemon
