#pragma once

#include <string>

#include "overlay/linux/namespace.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan {

/// Tells whether somebody changes one table of nftables of a network namespace (NFNLGRP_NFTABLES).
/// What packets add to sets is no change.
class NftTableWatch {
public:
    static Result<NftTableWatch> open(const Namespace& network, std::string table);

    /// Readable while the kernel has told something, of this table or of another.
    int fd() const { return socket_.get(); }
    /// Reads what was told. False when something of the table was changed since the last call, by
    /// whoever, or when nobody can know.
    Result<bool> is_untouched();

private:
    NftTableWatch(UniqueFd socket, std::string table)
        : socket_{std::move(socket)}, table_{std::move(table)} {}
    UniqueFd socket_;
    std::string table_;
};

}  // namespace flatlan
