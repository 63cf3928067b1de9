#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "overlay/linux/namespace.hpp"

namespace flatlan {

/// A thread inside a network namespace, with file descriptors of its own, on which libnftables
/// works: it waits for the kernel with select(2), which cannot take a descriptor of 1,024 or above,
/// and a process that holds many namespaces has no lower one to give it.
class NftThread {
public:
    static Result<std::unique_ptr<NftThread>> start(const Namespace& network);
    ~NftThread();
    NftThread(const NftThread&) = delete;
    NftThread& operator=(const NftThread&) = delete;

    /// Carries out a command of nft(8) and returns what it prints; one caller at a time. The Error
    /// has nft's own words.
    Result<std::string> run(const std::string& command);

private:
    NftThread() = default;
    /// The whole life of the thread; `network` need only be open until the first answer.
    void work(int network);
    Result<std::string> wait_for_answer();
    void give(Result<std::string> answer);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<std::string> command_;
    std::optional<Result<std::string>> answer_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace flatlan
