#include "overlay/pod/image/sha256.hpp"

#include <gtest/gtest.h>

namespace flatlan::pod {
namespace {

std::string digest_of(const std::string& text, std::size_t piece) {
    Sha256 digest;
    for (std::size_t at = 0; at < text.size(); at += piece)
        digest.add(std::span{text}.subspan(at, std::min(piece, text.size() - at)));
    return digest.hex();
}

// NIST's examples for FIPS 180-4: one block, two blocks, a million octets; and nothing at all.
TEST(Sha256, IsWhatTheStandardSays) {
    EXPECT_EQ(digest_of("abc", 3),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(digest_of(std::string(1'000'000, 'a'), 4096),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(Sha256{}.hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, IsTheSameInWhateverPiecesTheOctetsCome) {
    std::string text;
    for (int i = 0; i < 300; ++i)
        text += static_cast<char>(i * 7);
    const std::string whole = digest_of(text, text.size());
    for (std::size_t piece = 1; piece <= 130; ++piece)
        EXPECT_EQ(digest_of(text, piece), whole) << piece;
}

}  // namespace
}  // namespace flatlan::pod
