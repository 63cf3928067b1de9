#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "overlay/base/check.hpp"

namespace flatlan {

/// Up to `Capacity` values in a row, without allocating. An empty one costs nothing to make,
/// however large its capacity is. To add one value more than fit is a bug and aborts.
template <typename T, std::size_t Capacity>
class FixedVector {
public:
    static constexpr std::size_t kCapacity = Capacity;

    // Not defaulted: that would set the storage to zero.
    FixedVector() noexcept {}  // NOLINT(modernize-use-equals-default)
    FixedVector(FixedVector&& other) noexcept {
        for (T& value : other)
            push_back(std::move(value));
        other.clear();
    }
    FixedVector& operator=(FixedVector&& other) noexcept {
        if (this == &other) return *this;
        clear();
        for (T& value : other)
            push_back(std::move(value));
        other.clear();
        return *this;
    }
    ~FixedVector() { clear(); }

    void push_back(T value) {
        FLATLAN_CHECK(size_ < Capacity);
        std::construct_at(slot(size_), std::move(value));
        ++size_;
    }
    void clear() noexcept {
        std::destroy(begin(), end());
        size_ = 0;
    }

    T* begin() { return slot(0); }
    T* end() { return slot(size_); }
    const T* begin() const { return slot(0); }
    const T* end() const { return slot(size_); }
    T& operator[](std::size_t index) {
        FLATLAN_CHECK(index < size_);
        return *slot(index);
    }
    const T& operator[](std::size_t index) const {
        FLATLAN_CHECK(index < size_);
        return *slot(index);
    }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool full() const { return size_ == Capacity; }

private:
    T* slot(std::size_t index) { return reinterpret_cast<T*>(storage_.data()) + index; }
    const T* slot(std::size_t index) const {
        return reinterpret_cast<const T*>(storage_.data()) + index;
    }

    alignas(T) std::array<std::byte, sizeof(T) * Capacity> storage_;
    std::size_t size_ = 0;
};

}  // namespace flatlan
