#include "overlay/registry/etcd/etcd_registry.hpp"

#include <algorithm>

#include "overlay/registry/etcd/etcd.grpc.pb.h"
#include "overlay/registry/etcd/etcd_connection.hpp"
#include "overlay/registry/etcd/etcd_messages.hpp"
#include "overlay/registry/etcd/etcd_watch.hpp"

namespace flatlan::registry {
namespace {

namespace api = etcdserverpb;
using Channel = EtcdConnection::Channel;
using Effect = EtcdConnection::Effect;

Result<api::RangeResponse> range(EtcdConnection& connection, const api::RangeRequest& request) {
    api::RangeResponse answer;
    const std::string attempt = "read '" + request.key() + "'";
    FLATLAN_TRY_VOID(connection.call(
        Effect::none, attempt, [&](const Channel& channel, grpc::ClientContext& context) {
            return api::KV::NewStub(channel)->Range(&context, request, &answer);
        }));
    connection.note_cluster(answer.header().cluster_id());
    return answer;
}

/// Carries `change` out if the key's revision is the expected one.
Result<Revision> swap(EtcdConnection& connection, std::string_view key, Revision expected,
                      const api::RequestOp& change) {
    api::TxnRequest request;
    api::Compare& compare = *request.add_compare();
    compare.set_target(api::Compare::MOD);
    compare.set_result(api::Compare::EQUAL);
    compare.set_key(std::string{key});
    compare.set_mod_revision(static_cast<std::int64_t>(expected.value()));
    *request.add_success() = change;
    api::TxnResponse answer;
    const std::string attempt = "write '" + std::string{key} + "'";
    FLATLAN_TRY_VOID(connection.call(
        Effect::change, attempt, [&](const Channel& channel, grpc::ClientContext& context) {
            return api::KV::NewStub(channel)->Txn(&context, request, &answer);
        }));
    connection.note_cluster(answer.header().cluster_id());
    if (!answer.succeeded()) return lost_swap(key, expected);
    return to_revision(answer.header().revision());
}

}  // namespace

EtcdRegistry::EtcdRegistry(std::unique_ptr<EtcdConnection> connection)
    : connection_{std::move(connection)} {}
EtcdRegistry::~EtcdRegistry() = default;

Result<std::unique_ptr<EtcdRegistry>> EtcdRegistry::create(EtcdConfig config) {
    FLATLAN_TRY(connection, EtcdConnection::create(std::move(config)));
    return std::unique_ptr<EtcdRegistry>{new EtcdRegistry{std::move(connection)}};
}

Result<RegistryState> EtcdRegistry::state() {
    FLATLAN_TRY(reading, get_with_state(connection_->config().state_key));
    return reading.state;
}

Result<Reading> EtcdRegistry::get_with_state(std::string_view key) {
    api::RangeRequest request;
    request.set_key(std::string{key});
    FLATLAN_TRY(answer, range(*connection_, request));
    Reading reading{{answer.header().cluster_id(), to_revision(answer.header().revision())},
                    std::nullopt};
    if (!answer.kvs().empty()) reading.record = to_record(answer.kvs(0));
    return reading;
}

Result<Page> EtcdRegistry::list(std::string_view prefix, std::string_view after,
                                std::size_t limit) {
    api::RangeRequest request;
    const std::string behind = after.empty() ? std::string{} : std::string{after} + '\0';
    const KeyRange keys = range_of(prefix);
    request.set_key(std::max(keys.begin, behind));
    request.set_range_end(keys.end);
    request.set_limit(static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, kPageSizeMax)));
    if (keys.end != kNoEnd && request.key() >= keys.end) request.set_key(keys.end);
    FLATLAN_TRY(answer, range(*connection_, request));
    Page page{
        .records = {}, .more = answer.more(), .revision = to_revision(answer.header().revision())};
    for (const api::KeyValue& record : answer.kvs())
        page.records.push_back(to_record(record));
    return page;
}

Result<Revision> EtcdRegistry::put(std::string_view key, std::string_view value, Revision expected,
                                   SessionId session) {
    FLATLAN_TRY_VOID(check_record(key, value));
    api::RequestOp change;
    change.mutable_request_put()->set_key(std::string{key});
    change.mutable_request_put()->set_value(std::string{value});
    change.mutable_request_put()->set_lease(session.value());
    auto written = swap(*connection_, key, expected, change);
    if (!written && written.error().code() == ErrorCode::not_found) return session_ended(session);
    return written;
}

Result<Revision> EtcdRegistry::remove(std::string_view key, Revision expected) {
    // etcd knows a missing key by revision 0 and would remove nothing with success.
    if (key.empty() || expected == Revision{}) return lost_swap(key, expected);
    api::RequestOp change;
    change.mutable_request_delete_range()->set_key(std::string{key});
    return swap(*connection_, key, expected, change);
}

Result<SessionId> EtcdRegistry::open_session(Duration time_to_live) {
    api::LeaseGrantRequest request;
    request.set_ttl(
        std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time_to_live).count(), 1));
    api::LeaseGrantResponse answer;
    FLATLAN_TRY_VOID(connection_->call(Effect::change, "open a session",
                                       [&](const Channel& channel, grpc::ClientContext& context) {
                                           return api::Lease::NewStub(channel)->LeaseGrant(
                                               &context, request, &answer);
                                       }));
    if (!answer.error().empty()) return Error{ErrorCode::system, "etcd: " + answer.error()};
    return SessionId{answer.id()};
}

Result<void> EtcdRegistry::keep_alive(SessionId session) {
    api::LeaseKeepAliveRequest request;
    request.set_id(session.value());
    api::LeaseKeepAliveResponse answer;
    FLATLAN_TRY_VOID(connection_->call(
        Effect::change, "keep a session alive",
        [&](const Channel& channel, grpc::ClientContext& context) {
            const auto stream = api::Lease::NewStub(channel)->LeaseKeepAlive(&context);
            const bool answered = stream->Write(request) && stream->Read(&answer);
            stream->WritesDone();
            const grpc::Status status = stream->Finish();
            return answered ? grpc::Status::OK : status;
        }));
    if (answer.ttl() <= 0) return session_ended(session);
    return success();
}

Result<void> EtcdRegistry::close_session(SessionId session) {
    api::LeaseRevokeRequest request;
    request.set_id(session.value());
    api::LeaseRevokeResponse answer;
    auto closed = connection_->call(Effect::change, "close a session",
                                    [&](const Channel& channel, grpc::ClientContext& context) {
                                        return api::Lease::NewStub(channel)->LeaseRevoke(
                                            &context, request, &answer);
                                    });
    if (!closed && closed.error().code() == ErrorCode::not_found) return success();
    return closed;
}

Result<std::unique_ptr<Watch>> EtcdRegistry::watch(std::string_view prefix, Revision after,
                                                   std::function<void()> on_ready) {
    return make_etcd_watch(*connection_, prefix, after, std::move(on_ready));
}

Result<void> EtcdRegistry::compact() {
    FLATLAN_TRY(now, state());
    api::CompactionRequest request;
    request.set_revision(static_cast<std::int64_t>(now.revision.value()));
    api::CompactionResponse answer;
    return connection_->call(
        Effect::change, "compact", [&](const Channel& channel, grpc::ClientContext& context) {
            return api::KV::NewStub(channel)->Compact(&context, request, &answer);
        });
}

}  // namespace flatlan::registry
