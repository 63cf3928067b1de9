#pragma once

#include <memory>
#include <span>
#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::pod {

/// A file that is known by its digest.
struct Blob {
    std::string path;
    std::string digest;  ///< of SHA-256, in hexadecimal
    std::uint64_t size_bytes = 0;
};

/// How a layer is packed.
enum class LayerFormat : std::uint8_t { tar, gzip };

/// The archive in a layer's file, unpacked as it is read; the file's digest is computed on the way.
class LayerStream {
public:
    static Result<LayerStream> open(const Blob& blob, LayerFormat format);
    LayerStream(LayerStream&&) noexcept;
    LayerStream& operator=(LayerStream&&) noexcept;
    ~LayerStream();

    /// Fills the buffer but at the end, and says how much it filled. Error corrupt for what is not
    /// gzip's.
    Result<std::size_t> read(std::span<char> into);
    /// Reads the file to its end. Error corrupt when it is not the one that its digest names.
    Result<void> verify();

private:
    struct State;
    explicit LayerStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// The whole of a small file. Errors: not_found, and corrupt when it is larger than
/// `size_max_bytes` or not the one that its digest names.
Result<std::string> read_blob(const Blob& blob, std::uint64_t size_max_bytes);

}  // namespace flatlan::pod
