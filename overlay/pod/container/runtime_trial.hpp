#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "overlay/pod/container/container_process.hpp"
#include "overlay/pod/container/pod_launch.hpp"
#include "overlay/pod/container/root_file_system.hpp"

namespace flatlan::pod {

/// Finds the OCI runtime that works: has one after the other run true(1) in a container like those
/// of pods, until one does.
class RuntimeTrial {
public:
    RuntimeTrial(ContainerContext& context, const ContainerPlaces& places,
                 const HostRoot& host_root);

    /// Starts the next trial when none is under way, and ends one that takes too long; from the
    /// loop's thread, after each turn.
    void drive(Instant now);
    /// When `drive` is to be called again at the latest.
    std::optional<Instant> deadline() const {
        return under_way_ ? std::optional{late_at_} : std::nullopt;
    }
    /// Whether the answer is there: the context has a runtime, or there is an error.
    bool is_over() const { return over_; }
    /// Empty: one works.
    const std::optional<Error>& error() const { return error_; }

private:
    Result<void> begin();
    void fail(const std::string& why);

    ContainerContext& context_;
    const ContainerPlaces& places_;
    const HostRoot& host_root_;
    struct Candidate {
        OciRuntime runtime;
        bool bind_sys;
    };
    std::vector<Candidate> candidates_;
    std::size_t next_ = 0;
    std::unique_ptr<ContainerProcess> process_;
    bool under_way_ = false;
    Instant late_at_{};
    bool over_ = false;
    std::string words_;
    std::optional<Error> error_;
};

}  // namespace flatlan::pod
