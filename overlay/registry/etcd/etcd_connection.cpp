#include "overlay/registry/etcd/etcd_connection.hpp"

#include <grpc/support/log.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <iterator>

#include "overlay/registry/etcd/etcd.grpc.pb.h"
#include "overlay/registry/etcd/etcd_status.hpp"
#include "overlay/registry/may_pass.hpp"

namespace flatlan::registry {
namespace {

using namespace std::chrono_literals;
namespace api = etcdserverpb;

constexpr auto kConnectSlice = 100ms;  // how long one member is waited for before the next
// A reconnection is tried so often, however long etcd was away: a node claims again within 2 s.
constexpr int kReconnectMinMs = 100;
constexpr int kReconnectMaxMs = 500;
constexpr int kConnectTimeoutMs = 1'000;
// A connection that is silently dead is found so. etcd refuses pings more often than every 5 s.
constexpr int kPingAfterMs = 6'000;
constexpr int kPingTimeoutMs = 3'000;
constexpr int kWindowBytes = 4 << 20;  // of a stream: more than etcd sends in a round trip
constexpr auto kAskWhy = 300ms;        // what a member gets to say why it does not connect
constexpr unsigned kTokensMax = 2;     // of one call: the old one may just have expired

Result<std::string> read_pem(const std::filesystem::path& file) {
    if (file.empty()) return std::string{};
    const std::string attempt = "read certificate file '" + file.string() + "'";
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        return Error::from_errno(EISDIR, attempt).expecting("a PEM file");
    std::ifstream in{file, std::ios::binary};
    if (!in) return Error::from_errno(errno, attempt);
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (text.find("-----BEGIN ") == text.npos)
        return Error{ErrorCode::invalid_argument,
                     "'" + file.string() + "' holds no certificate or key"}
            .expecting("a PEM file");
    return text;
}

Result<decltype(grpc::InsecureChannelCredentials())> credentials_of(const EtcdConfig& config) {
    if (!config.endpoints.front().tls) return grpc::InsecureChannelCredentials();
    FLATLAN_TRY(authorities, read_pem(config.authority_file));
    FLATLAN_TRY(certificate, read_pem(config.certificate_file));
    FLATLAN_TRY(key, read_pem(config.key_file));
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = std::move(authorities);
    options.pem_private_key = std::move(key);
    options.pem_cert_chain = std::move(certificate);
    return grpc::SslCredentials(options);
}

/// gRPC throws nothing itself, but what it is built on may.
template <typename Work>
grpc::Status without_throwing(Work work) {
    try {
        return work();
    } catch (const std::exception& thrown) {
        return {grpc::StatusCode::INTERNAL, thrown.what()};
    }
}

}  // namespace

EtcdConnection::EtcdConnection(EtcdConfig config,
                               decltype(grpc::InsecureChannelCredentials()) credentials)
    : config_{std::move(config)}, credentials_{std::move(credentials)} {
    for (const EtcdEndpoint& endpoint : config_.endpoints)
        members_.push_back({endpoint, new_channel(endpoint)});
}

Result<std::unique_ptr<EtcdConnection>> EtcdConnection::create(EtcdConfig config) {
    FLATLAN_TRY_VOID(check_config(config));
    gpr_set_log_function([](gpr_log_func_args*) {});  // what it would print comes as a status, too
    FLATLAN_TRY(credentials, credentials_of(config));
    return std::unique_ptr<EtcdConnection>{
        new EtcdConnection{std::move(config), std::move(credentials)}};
}

EtcdConnection::Channel EtcdConnection::new_channel(const EtcdEndpoint& endpoint) const {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);  // a page of the largest records has 64 MiB
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMinMs);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterMs);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    // What gRPC does to learn how much the way holds is a ping after each answer: a window of its
    // own does without.
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    const bool ipv6 = endpoint.host.find(':') != endpoint.host.npos;
    const std::string host = ipv6 ? "[" + endpoint.host + "]" : endpoint.host;
    return grpc::CreateCustomChannel("dns:///" + host + ":" + std::to_string(endpoint.port.value()),
                                     credentials_, arguments);
}

Result<std::pair<std::size_t, EtcdConnection::Channel>> EtcdConnection::connect(Deadline deadline) {
    std::vector<std::pair<std::size_t, Channel>> channels;
    {
        const std::lock_guard lock{mutex_};
        for (std::size_t i = 0; i < members_.size(); ++i) {
            const std::size_t member = (preferred_ + i) % members_.size();
            channels.emplace_back(member, members_[member].channel);
        }
    }
    for (auto& [member, channel] : channels)
        if (channel->GetState(true) == GRPC_CHANNEL_READY) return std::pair{member, channel};
    while (std::chrono::system_clock::now() < deadline)
        for (auto& [member, channel] : channels)
            if (channel->WaitForConnected(
                    std::min(deadline, std::chrono::system_clock::now() + kConnectSlice)))
                return std::pair{member, channel};
    return not_connected();
}

/// Asks why: only a call tells what went wrong with a connection.
Error EtcdConnection::not_connected() {
    std::string text;
    std::vector<Member> members;
    {
        const std::lock_guard lock{mutex_};
        members = members_;
    }
    for (const Member& member : members) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + kAskWhy);
        api::StatusResponse answer;
        const auto status = without_throwing([&] {
            return api::Maintenance::NewStub(member.channel)->Status(&context, {}, &answer);
        });
        const std::string why = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED
                                    ? "it does not answer"
                                    : connection_failure(status.error_message());
        text += (text.empty() ? "" : "; ") + to_string(member.endpoint) + ": " + why;
    }
    return Error{ErrorCode::unavailable, "etcd cannot be reached: " + text};
}

Result<void> EtcdConnection::check_version(std::size_t member, const Channel& channel,
                                           Deadline deadline) {
    {
        const std::lock_guard lock{mutex_};
        if (members_[member].version_is_right) return success();
    }
    grpc::ClientContext context;
    context.set_deadline(deadline);
    api::StatusResponse answer;
    const auto status = without_throwing(
        [&] { return api::Maintenance::NewStub(channel)->Status(&context, {}, &answer); });
    if (!status.ok()) return to_error(status, Effect::none);
    if (!is_version_spoken(answer.version()))
        return Error{ErrorCode::unsupported, to_string(config_.endpoints[member]) +
                                                 " is an etcd of version " + answer.version()}
            .expecting("3.4 or a later 3");
    const std::lock_guard lock{mutex_};
    members_[member].version_is_right = true;
    return success();
}

Result<void> EtcdConnection::authorize(const Channel& channel, grpc::ClientContext& context,
                                       Deadline deadline) {
    if (config_.user.empty()) return success();
    std::string token;
    {
        const std::lock_guard lock{mutex_};
        token = token_;
    }
    if (token.empty()) {
        grpc::ClientContext own;
        own.set_deadline(deadline);
        api::AuthenticateRequest request;
        request.set_name(config_.user);
        request.set_password(config_.password);
        api::AuthenticateResponse answer;
        const auto status = without_throwing(
            [&] { return api::Auth::NewStub(channel)->Authenticate(&own, request, &answer); });
        // An etcd that asks nobody who he is needs no token.
        if (is_authentication_off(status)) return success();
        if (!status.ok())
            return to_error(status, Effect::none).within("log in as '" + config_.user + "'");
        token = answer.token();
        const std::lock_guard lock{mutex_};
        token_ = token;
    }
    context.AddMetadata("token", token);
    return success();
}

Result<void> EtcdConnection::call(Effect effect, std::string_view attempt, const Call& call) {
    const Deadline deadline = std::chrono::system_clock::now() +
                              std::chrono::duration_cast<Deadline::duration>(config_.call_timeout);
    // Of several members each gets its share of the time.
    const auto share = config_.call_timeout / std::min<std::size_t>(members_.size(), 3);
    unsigned tokens = 1;
    for (;;) {
        auto connected = connect(deadline);
        if (!connected) return std::move(connected).error().within(attempt);
        const auto& [member, channel] = connected.value();
        const Deadline until =
            std::min(deadline, std::chrono::system_clock::now() +
                                   std::chrono::duration_cast<Deadline::duration>(share));
        grpc::ClientContext context;
        context.set_deadline(until);
        auto ready = check_version(member, channel, until);
        if (ready) ready = authorize(channel, context, until);
        const bool asked = ready.has_value();
        grpc::Status status;
        if (asked) status = without_throwing([&] { return call(channel, context); });
        if (asked && status.ok()) return success();
        if (asked && tokens++ < kTokensMax && forget_stale_token(status.error_message())) continue;
        Error error = asked ? to_error(status, effect) : std::move(ready).error();
        const bool lost = may_pass(error);
        if (lost) give_up(channel);
        const bool again =
            lost && (!asked || effect == Effect::none) && config_.endpoints.size() > 1;
        if (!again || std::chrono::system_clock::now() >= deadline)
            return std::move(error).within(attempt);
    }
}

void EtcdConnection::give_up(const Channel& channel) {
    const std::lock_guard lock{mutex_};
    for (std::size_t member = 0; member < members_.size(); ++member) {
        if (members_[member].channel != channel) continue;
        members_[member].channel = new_channel(members_[member].endpoint);
        members_[member].version_is_right = false;
        preferred_ = (member + 1) % members_.size();
        return;
    }  // another thread did
}

Result<EtcdConnection::Channel> EtcdConnection::connected_channel() {
    const Deadline deadline = std::chrono::system_clock::now() +
                              std::chrono::duration_cast<Deadline::duration>(config_.call_timeout);
    FLATLAN_TRY(connected, connect(deadline));
    FLATLAN_TRY_VOID(check_version(connected.first, connected.second, deadline));
    return std::move(connected.second);
}

Result<void> EtcdConnection::authorize(const Channel& channel, grpc::ClientContext& context) {
    return authorize(channel, context,
                     std::chrono::system_clock::now() +
                         std::chrono::duration_cast<Deadline::duration>(config_.call_timeout));
}

Error EtcdConnection::stream_error(const Channel& channel, const grpc::Status& status,
                                   std::string_view attempt) {
    forget_stale_token(status.error_message());
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) give_up(channel);
    return to_error(status, Effect::none).within(attempt);
}

bool EtcdConnection::forget_stale_token(std::string_view etcd_text) {
    if (config_.user.empty() || !is_token_stale(etcd_text)) return false;
    const std::lock_guard lock{mutex_};
    token_.clear();
    return true;
}

Error EtcdConnection::to_error(const grpc::Status& status, Effect effect) const {
    return error_of(status, effect == Effect::change);
}

}  // namespace flatlan::registry
