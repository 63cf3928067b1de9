#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace flatlan::tunnel {

class PacketPool;

/// One packet that can grow at both ends without being copied: headers go in front of it, payload
/// after it. It is lent by a PacketPool and goes back there when it is destroyed. After a move the
/// source may only be destroyed or assigned to.
///
///     |<-- head room -->|<-- bytes() -->|<-- tail room -->|
class PacketBuffer {
public:
    PacketBuffer(PacketBuffer&& other) noexcept;
    PacketBuffer& operator=(PacketBuffer&& other) noexcept;
    ~PacketBuffer();

    std::span<std::byte> bytes() { return storage_.subspan(start_, size_); }
    std::span<const std::byte> bytes() const { return storage_.subspan(start_, size_); }
    std::size_t size_bytes() const { return size_; }
    std::size_t head_room_bytes() const { return start_; }
    std::size_t tail_room_bytes() const { return storage_.size() - start_ - size_; }

    /// Grows at the front and hands out the new octets, whose contents are unknown. There has to be
    /// head room.
    std::span<std::byte> prepend(std::size_t count);
    /// Grows at the end and hands out the new octets, whose contents are unknown. There has to be
    /// tail room.
    std::span<std::byte> append(std::size_t count);
    /// Takes octets off the front, or off the end. They have to be there.
    void trim_front(std::size_t count);
    void trim_back(std::size_t count);

private:
    friend class PacketPool;
    PacketBuffer(PacketPool& pool, std::span<std::byte> storage, std::size_t head_room)
        : pool_{&pool}, storage_{storage}, start_{head_room} {}
    void give_back() noexcept;

    PacketPool* pool_;  ///< null after a move
    std::span<std::byte> storage_;
    std::size_t start_;
    std::size_t size_ = 0;
};

/// A fixed number of packet buffers of one size, allocated once. Belongs to one thread and outlives
/// every buffer it has lent.
class PacketPool {
public:
    /// `capacity_bytes` counts head room, packet and tail room of each buffer.
    PacketPool(std::size_t buffers, std::size_t capacity_bytes);
    PacketPool(const PacketPool&) = delete;
    PacketPool& operator=(const PacketPool&) = delete;
    /// All buffers have to be back: one that is out would write into freed memory.
    ~PacketPool();

    /// An empty buffer with that much head room, or nothing when all of them are lent.
    std::optional<PacketBuffer> take(std::size_t head_room_bytes);
    /// The same, filled with a copy of `packet`; nothing, too, when it does not fit in.
    std::optional<PacketBuffer> take_copy(std::size_t head_room_bytes,
                                          std::span<const std::byte> packet);

    std::size_t capacity_bytes() const { return capacity_bytes_; }
    std::size_t available() const { return free_.size(); }

private:
    friend class PacketBuffer;
    void put_back(std::byte* storage) noexcept { free_.push_back(storage); }

    std::size_t buffers_;
    std::size_t capacity_bytes_;
    std::unique_ptr<std::byte[]> slab_;
    std::vector<std::byte*> free_;  ///< used as a stack: the buffer last used is still in the cache
};

}  // namespace flatlan::tunnel
