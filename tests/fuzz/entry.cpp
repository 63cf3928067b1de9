#include <cstddef>
#include <cstdint>
#include <span>

#include "tests/fuzz/fuzz_codec.hpp"

/// What libFuzzer calls (LLVM, "libFuzzer: fuzz target"); the result has no meaning but 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    flatlan::tunnel::fuzz(std::as_bytes(std::span{data, size}));
    return 0;
}
