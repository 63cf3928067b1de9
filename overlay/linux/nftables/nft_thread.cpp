#include "overlay/linux/nftables/nft_thread.hpp"

#include <linux/close_range.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace flatlan {
namespace {

/// Whoever has it uses libnftables. Its contexts are not apart from each other: all share a table
/// of interfaces (iface_cache_update and iface_cache_release of its iface.c), for one.
std::unique_lock<std::mutex> use_library() {
    static std::mutex library;
    return std::unique_lock{library};
}

struct FreeContext {
    void operator()(nft_ctx* context) const {
        const auto using_it = use_library();
        nft_ctx_free(context);
    }
};
using Context = std::unique_ptr<nft_ctx, FreeContext>;

/// For the calling thread alone.
Result<Context> open_inside(int network) {
    if (::setns(network, CLONE_NEWNET) != 0)
        return Error::from_errno(errno, "enter a network namespace");
    // From here on this thread has descriptors of its own, and of all those only 0 to 2.
    if (::close_range(3, ~0U, CLOSE_RANGE_UNSHARE) != 0)
        return Error::from_errno(errno, "give nftables descriptors of its own");
    auto using_it = use_library();
    Context context{nft_ctx_new(NFT_CTX_DEFAULT)};
    using_it.unlock();
    if (!context) return Error{ErrorCode::unsupported, "nftables cannot be opened"};
    nft_ctx_output_set_flags(context.get(), NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_STATELESS);
    nft_ctx_buffer_output(context.get());
    nft_ctx_buffer_error(context.get());
    return context;
}

Result<std::string> answer_of(nft_ctx* context, const std::string& command) {
    const auto using_it = use_library();
    const int failed = nft_run_cmd_from_buffer(context, command.c_str());
    std::string printed = nft_ctx_get_output_buffer(context);
    const std::string complaint = nft_ctx_get_error_buffer(context);
    if (failed != 0)
        return Error{ErrorCode::system, "nft: " + complaint.substr(0, complaint.find('\n'))};
    return printed;
}

}  // namespace

Result<std::unique_ptr<NftThread>> NftThread::start(const Namespace& network) {
    std::unique_ptr<NftThread> started{new NftThread};
    try {
        started->thread_ = std::thread{[&self = *started, fd = network.fd()] { self.work(fd); }};
    } catch (const std::system_error& error) {
        return Error::from_errno(error.code().value(), "start a thread for nftables");
    }
    FLATLAN_TRY_VOID(started->wait_for_answer());
    return started;
}

NftThread::~NftThread() {
    {
        const std::lock_guard changing{mutex_};
        ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

Result<std::string> NftThread::run(const std::string& command) {
    {
        const std::lock_guard changing{mutex_};
        command_ = command;
    }
    changed_.notify_all();
    return wait_for_answer();
}

void NftThread::work(int network) {
    Result<Context> context = open_inside(network);
    if (!context) return give(std::move(context).error());
    give(std::string{});
    for (;;) {
        std::unique_lock waiting{mutex_};
        changed_.wait(waiting, [&] { return ending_ || command_; });
        if (ending_) return;
        const std::string command = *std::move(command_);
        command_.reset();
        waiting.unlock();
        give(answer_of(context.value().get(), command));
    }
}

Result<std::string> NftThread::wait_for_answer() {
    std::unique_lock waiting{mutex_};
    changed_.wait(waiting, [&] { return answer_.has_value(); });
    Result<std::string> answer = *std::move(answer_);
    answer_.reset();
    return answer;
}

void NftThread::give(Result<std::string> answer) {
    {
        const std::lock_guard changing{mutex_};
        answer_ = std::move(answer);
    }
    changed_.notify_all();
}

}  // namespace flatlan
