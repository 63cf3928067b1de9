#include "tunnel/wire/packet_buffer.hpp"

#include <algorithm>
#include <utility>

#include "overlay/base/check.hpp"

namespace flatlan::tunnel {

PacketBuffer::PacketBuffer(PacketBuffer&& other) noexcept
    : pool_{std::exchange(other.pool_, nullptr)},
      storage_{std::exchange(other.storage_, {})},
      start_{std::exchange(other.start_, 0)},
      size_{std::exchange(other.size_, 0)} {}

PacketBuffer& PacketBuffer::operator=(PacketBuffer&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    pool_ = std::exchange(other.pool_, nullptr);
    storage_ = std::exchange(other.storage_, {});
    start_ = std::exchange(other.start_, 0);
    size_ = std::exchange(other.size_, 0);
    return *this;
}

PacketBuffer::~PacketBuffer() { give_back(); }

void PacketBuffer::give_back() noexcept {
    if (pool_ != nullptr) pool_->put_back(storage_.data());
}

std::span<std::byte> PacketBuffer::prepend(std::size_t count) {
    FLATLAN_CHECK(count <= head_room_bytes());
    start_ -= count;
    size_ += count;
    return bytes().first(count);
}

std::span<std::byte> PacketBuffer::append(std::size_t count) {
    FLATLAN_CHECK(count <= tail_room_bytes());
    size_ += count;
    return bytes().last(count);
}

void PacketBuffer::trim_front(std::size_t count) {
    FLATLAN_CHECK(count <= size_);
    start_ += count;
    size_ -= count;
}

void PacketBuffer::trim_back(std::size_t count) {
    FLATLAN_CHECK(count <= size_);
    size_ -= count;
}

PacketPool::PacketPool(std::size_t buffers, std::size_t capacity_bytes)
    : buffers_{buffers},
      capacity_bytes_{capacity_bytes},
      slab_{std::make_unique_for_overwrite<std::byte[]>(buffers * capacity_bytes)} {
    free_.reserve(buffers);
    for (std::size_t i = buffers; i > 0; --i)
        free_.push_back(slab_.get() + (i - 1) * capacity_bytes);
}

PacketPool::~PacketPool() { FLATLAN_CHECK(free_.size() == buffers_); }

std::optional<PacketBuffer> PacketPool::take(std::size_t head_room_bytes) {
    FLATLAN_CHECK(head_room_bytes <= capacity_bytes_);
    if (free_.empty()) return std::nullopt;
    std::byte* const storage = free_.back();
    free_.pop_back();
    return PacketBuffer{*this, {storage, capacity_bytes_}, head_room_bytes};
}

std::optional<PacketBuffer> PacketPool::take_copy(std::size_t head_room_bytes,
                                                  std::span<const std::byte> packet) {
    if (head_room_bytes + packet.size() > capacity_bytes_) return std::nullopt;
    auto buffer = take(head_room_bytes);
    if (buffer) std::copy(packet.begin(), packet.end(), buffer->append(packet.size()).begin());
    return buffer;
}

}  // namespace flatlan::tunnel
