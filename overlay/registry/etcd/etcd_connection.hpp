#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/registry/etcd/etcd_config.hpp"

namespace flatlan::registry {

/// The wrapper of gRPC: channels to the members of an etcd cluster, the user's token, and what
/// gRPC's statuses mean. May be used by several threads at once.
class EtcdConnection {
public:
    using Channel = decltype(grpc::CreateChannel({}, {}));
    /// Makes one call on a channel; may be called again, with another one.
    using Call = std::function<grpc::Status(const Channel&, grpc::ClientContext&)>;
    /// What a lost answer means: nothing for who only reads, or that it may have been done.
    enum class Effect : std::uint8_t { none, change };

    /// Reads the certificates; connects later. Errors: invalid_argument, or that of reading a file.
    static Result<std::unique_ptr<EtcdConnection>> create(EtcdConfig config);

    /// Makes the call on a member that answers, if need be on several, with a token if there is a
    /// user. `attempt` begins the error's text. Errors are the port's; besides not_found
    /// as etcd says.
    Result<void> call(Effect effect, std::string_view attempt, const Call& call);

    /// For a stream, which is kept: a channel that is connected and was asked for its version.
    Result<Channel> connected_channel();
    /// Gives a stream the token. Error: forbidden, or what became of asking for one.
    Result<void> authorize(const Channel& channel, grpc::ClientContext& context);
    /// What became of a stream on that channel. Where its member is gone or has no leader, the next
    /// stream and the next call begin with another member.
    Error stream_error(const Channel& channel, const grpc::Status& status,
                       std::string_view attempt);
    /// Whether the text is etcd's complaint about a token that it knows no more. The next
    /// `authorize` then gets a new one.
    bool forget_stale_token(std::string_view etcd_text);

    const EtcdConfig& config() const { return config_; }
    /// The cluster that answered last; 0 before.
    std::uint64_t cluster() const { return cluster_; }
    void note_cluster(std::uint64_t cluster) { cluster_ = cluster; }

private:
    using Deadline = std::chrono::system_clock::time_point;  // as gRPC counts
    struct Member {
        EtcdEndpoint endpoint;
        Channel channel;
        bool version_is_right = false;
    };

    EtcdConnection(EtcdConfig config, decltype(grpc::InsecureChannelCredentials()) credentials);

    Channel new_channel(const EtcdEndpoint& endpoint) const;
    /// The number of a member with a connected channel, and the channel.
    Result<std::pair<std::size_t, Channel>> connect(Deadline deadline);
    Result<void> check_version(std::size_t member, const Channel& channel, Deadline deadline);
    Result<void> authorize(const Channel& channel, grpc::ClientContext& context, Deadline deadline);
    Error not_connected();
    Error to_error(const grpc::Status& status, Effect effect) const;
    /// Lets the next call begin with another member, and this one with a new connection.
    void give_up(const Channel& channel);

    EtcdConfig config_;
    decltype(grpc::InsecureChannelCredentials()) credentials_;
    std::atomic<std::uint64_t> cluster_ = 0;
    std::mutex mutex_;  ///< of what follows
    std::vector<Member> members_;
    std::size_t preferred_ = 0;
    std::string token_;
};

}  // namespace flatlan::registry
