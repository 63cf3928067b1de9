#include "overlay/base/bytes.hpp"
#include "tests/fuzz/fuzz_codec.hpp"
#include "tunnel/wire/checksum.hpp"

namespace flatlan::tunnel {

/// The first octet says where the rest is cut into two runs; RFC 1071's loop says what is right.
void fuzz(std::span<const std::byte> input) {
    if (input.empty()) return;
    const auto octets = input.subspan(1);
    const std::size_t cut = std::min(std::to_integer<std::size_t>(input[0]), octets.size());

    InternetChecksum sum;
    std::vector<std::byte> copy(octets.size());
    sum.add_copied(std::span{copy}.first(cut), octets.first(cut));
    sum.add_copied(std::span{copy}.subspan(cut), octets.subspan(cut));
    FLATLAN_CHECK(std::equal(copy.begin(), copy.end(), octets.begin()));

    ByteReader in{octets};
    std::uint64_t slow = 0;
    while (in.rest().size() >= 2)
        slow += in.u16();
    if (!in.rest().empty()) slow += std::uint64_t{in.u8()} << 8U;
    while (slow > 0xffff)
        slow = (slow & 0xffff) + (slow >> 16U);
    FLATLAN_CHECK(sum.value() == static_cast<std::uint16_t>(~slow));
    FLATLAN_CHECK(sum.value() == internet_checksum(octets));
}

}  // namespace flatlan::tunnel
