#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "overlay/base/result.hpp"

namespace flatlan::pod {

/// The first process of a PID namespace that a pod's containers share (shareProcessNamespace): it
/// does nothing, and waits for orphans. With it all others of the namespace end.
class PauseProcess {
public:
    static Result<PauseProcess> start();
    PauseProcess(PauseProcess&& other) noexcept : process_{std::exchange(other.process_, 0)} {}
    PauseProcess& operator=(PauseProcess&& other) noexcept {
        std::swap(process_, other.process_);
        return *this;
    }
    ~PauseProcess();

    std::string namespace_path() const;

private:
    explicit PauseProcess(pid_t process) : process_{process} {}
    pid_t process_;
};

}  // namespace flatlan::pod
