#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

/// Images of containers: OCI image layouts, read from a folder and unpacked.
namespace flatlan::pod {

/// SHA-256 of octets that come piece by piece (FIPS 180-4).
class Sha256 {
public:
    void add(std::span<const char> octets);
    /// The digest of all, in hexadecimal; nothing may be added after that.
    std::string hex();

private:
    static constexpr std::size_t kBlockSizeBytes = 64;

    void take_block(const std::uint8_t* block);

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, kBlockSizeBytes> rest_{};
    std::size_t rest_size_ = 0;
    std::uint64_t size_bytes_ = 0;
};

}  // namespace flatlan::pod
