#pragma once

#include <string>
#include <string_view>

#include "overlay/base/result.hpp"

namespace grpc {
class Status;
}

namespace flatlan::registry {

// What gRPC and etcd say, in the port's words. etcd's texts are those of
// api/v3rpc/rpctypes/error.go.

/// `changes`: a lost answer leaves it open whether the call was done.
Error error_of(const ::grpc::Status& status, bool changes);
/// Why a connection failed, from gRPC's long text.
std::string connection_failure(std::string_view grpc_text);
/// Whether etcd complains about a token that has expired or belongs to an earlier set of users.
bool is_token_stale(std::string_view etcd_text);
bool is_authentication_off(const ::grpc::Status& status);
/// 3.4 is the first whose watches say why they end.
bool is_version_spoken(std::string_view version);

}  // namespace flatlan::registry
