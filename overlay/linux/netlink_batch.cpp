#include "overlay/linux/netlink_batch.hpp"

namespace flatlan {

void NetlinkBatch::append(const NetlinkMessage& message, DescribeRequest describe,
                          Tolerate tolerate) {
    const auto octets = message.bytes();
    requests_.push_back({.offset_bytes = bytes_.size(),
                         .size_bytes = octets.size(),
                         .tolerate = tolerate,
                         .describe = describe});
    bytes_.insert(bytes_.end(), octets.begin(), octets.end());
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

void NetlinkBatch::clear() {
    bytes_.clear();
    requests_.clear();
}

}  // namespace flatlan
