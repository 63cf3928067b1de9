#include "overlay/registry/etcd/etcd_watch.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "overlay/base/undo.hpp"
#include "overlay/registry/etcd/etcd.grpc.pb.h"
#include "overlay/registry/etcd/etcd_connection.hpp"
#include "overlay/registry/etcd/etcd_messages.hpp"

namespace flatlan::registry {
namespace {

using namespace std::chrono_literals;
namespace api = etcdserverpb;

constexpr auto kReconnectAfter = 200ms;
constexpr std::size_t kPendingMax = 10'000;  // then etcd is not read from until they are taken

class EtcdWatch final : public Watch {
public:
    EtcdWatch(EtcdConnection& connection, std::string_view prefix, Revision after,
              std::function<void()> on_ready)
        : connection_{connection},
          prefix_{prefix},
          on_ready_{std::move(on_ready)},
          cluster_{connection.cluster()},
          seen_{after},
          reader_{[this] { run(); }} {}
    EtcdWatch(const EtcdWatch&) = delete;
    EtcdWatch& operator=(const EtcdWatch&) = delete;
    ~EtcdWatch() override {
        {
            const std::lock_guard lock{mutex_};
            ending_ = true;
            if (context_ != nullptr) context_->TryCancel();
        }
        changed_.notify_all();
        reader_.join();
    }

    Result<WatchBatch> next(Duration timeout) override {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, timeout, [this] { return !pending_.empty() || gap_; });
        if (!pending_.empty()) {
            WatchBatch batch{std::move(pending_), false};
            pending_.clear();
            changed_.notify_all();
            return batch;
        }
        if (gap_) return WatchBatch{{}, true};
        if (failure_) return Error{*failure_};
        return WatchBatch{};
    }

private:
    /// The reader's thread.
    void run() {
        for (;;) {
            std::optional<Error> failure;
            try {
                failure = follow();
            } catch (const std::exception& thrown) {
                failure = Error{ErrorCode::system, std::string{"watch etcd: "} + thrown.what()};
            }
            std::unique_lock lock{mutex_};
            if (ending_ || gap_) return;
            failure_ = std::move(failure);
            lock.unlock();
            wake();
            lock.lock();
            if (changed_.wait_for(lock, kReconnectAfter, [this] { return ending_; })) return;
        }
    }

    /// Reads one stream until it breaks, and says why.
    std::optional<Error> follow() {
        auto channel = connection_.connected_channel();
        if (!channel) return std::move(channel).error().within("watch '" + prefix_ + "'");
        grpc::ClientContext context;
        if (auto ready = connection_.authorize(channel.value(), context); !ready)
            return std::move(ready).error();
        // etcd ends the stream when its member has no leader, instead of being silent on it
        // (requireLeader of v3rpc/interceptor.go).
        context.AddMetadata("hasleader", "true");
        if (!begin(context)) return std::nullopt;
        const Undo end{[this] {
            const std::lock_guard lock{mutex_};
            context_ = nullptr;
        }};
        const auto stub = api::Watch::NewStub(channel.value());
        const auto stream = stub->Watch(&context);
        api::WatchResponse response;
        std::optional<Error> failure;
        bool broken = !stream->Write(request());
        bool over = false;
        while (!broken && !over) {
            broken = !stream->Read(&response);
            over = !broken && !take(response, failure);
        }
        if (!broken) context.TryCancel();  // of one that broke etcd's own status says why
        const grpc::Status status = stream->Finish();
        if (failure) return failure;
        return connection_.stream_error(channel.value(), status, "watch '" + prefix_ + "'");
    }

    bool begin(grpc::ClientContext& context) {
        const std::lock_guard lock{mutex_};
        if (!ending_) context_ = &context;
        return !ending_;
    }

    api::WatchRequest request() const {
        api::WatchRequest request;
        api::WatchCreateRequest& create = *request.mutable_create_request();
        const KeyRange keys = range_of(prefix_);
        create.set_key(keys.begin);
        create.set_range_end(keys.end);
        create.set_start_revision(static_cast<std::int64_t>(seen_.value()) + 1);
        create.set_progress_notify(true);
        return request;
    }

    /// False when the stream is over.
    bool take(const api::WatchResponse& response, std::optional<Error>& failure) {
        if (response.created() && !response.canceled()) return take_created(response);
        if (response.canceled()) {
            if (response.compact_revision() != 0) return end_with_gap();
            connection_.forget_stale_token(response.cancel_reason());
            failure = Error{ErrorCode::forbidden, "etcd ends the watch of '" + prefix_ +
                                                      "': " + response.cancel_reason()};
            return false;
        }
        if (response.events().empty()) {  // only the progress
            seen_ = std::max(seen_, to_revision(response.header().revision()));
            return true;
        }
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return ending_ || pending_.size() < kPendingMax; });
        for (const api::Event& event : response.events())
            pending_.push_back(to_event(event));
        seen_ = std::max(seen_, pending_.back().record.revision);
        lock.unlock();
        wake();
        return true;
    }

    bool take_created(const api::WatchResponse& response) {
        const std::uint64_t cluster = response.header().cluster_id();
        if (cluster_ == 0) cluster_ = cluster;
        if (cluster != cluster_ || to_revision(response.header().revision()) < seen_)
            return end_with_gap();
        const std::lock_guard lock{mutex_};
        failure_.reset();
        return true;
    }

    bool end_with_gap() {
        {
            const std::lock_guard lock{mutex_};
            gap_ = true;
        }
        wake();
        return false;
    }

    void wake() {
        changed_.notify_all();
        if (on_ready_) on_ready_();
    }

    EtcdConnection& connection_;
    const std::string prefix_;
    const std::function<void()> on_ready_;
    std::uint64_t cluster_;  ///< of the reader, as the next
    Revision seen_;

    std::mutex mutex_;  ///< of what follows
    std::condition_variable changed_;
    std::vector<Event> pending_;
    std::optional<Error> failure_;  ///< of the stream, until there is a new one
    bool gap_ = false;
    bool ending_ = false;
    grpc::ClientContext* context_ = nullptr;  ///< of the stream that is read

    std::thread reader_;  ///< the last: it uses the others
};

}  // namespace

std::unique_ptr<Watch> make_etcd_watch(EtcdConnection& connection, std::string_view prefix,
                                       Revision after, std::function<void()> on_ready) {
    return std::make_unique<EtcdWatch>(connection, prefix, after, std::move(on_ready));
}

}  // namespace flatlan::registry
