#include "overlay/pod/image/layer_stream.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>

#include "overlay/linux/unique_fd.hpp"
#include "overlay/pod/image/sha256.hpp"

namespace flatlan::pod {
namespace {

constexpr std::size_t kChunkSizeBytes = 64U << 10U;
constexpr int kGzip = 16 + MAX_WBITS;  // zlib.h, inflateInit2

/// A file whose digest is computed as it is read.
class DigestedFile {
public:
    static Result<DigestedFile> open(const std::string& path) {
        UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
        if (!file) return Error::from_errno(errno, "read " + path);
        return DigestedFile{std::move(file), path};
    }

    /// 0 at its end.
    Result<std::size_t> read(std::span<char> into) {
        for (;;) {
            const ssize_t count = ::read(file_.get(), into.data(), into.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return Error::from_errno(errno, "read " + path_);
            digest_.add(into.first(static_cast<std::size_t>(count)));
            size_bytes_ += static_cast<std::uint64_t>(count);
            return static_cast<std::size_t>(count);
        }
    }

    Result<void> verify(const Blob& blob) {
        std::array<char, kChunkSizeBytes> rest;
        for (std::size_t count = 1; count > 0;) {
            FLATLAN_TRY(more, read(rest));
            count = more;
        }
        const std::string digest = digest_.hex();
        if (digest == blob.digest && size_bytes_ == blob.size_bytes) return success();
        return Error{ErrorCode::corrupt,
                     path_ + " has " + std::to_string(size_bytes_) + " octets of sha256:" + digest}
            .expecting(std::to_string(blob.size_bytes) + " octets of sha256:" + blob.digest);
    }

    const std::string& path() const { return path_; }

private:
    DigestedFile(UniqueFd file, std::string path)
        : file_{std::move(file)}, path_{std::move(path)} {}

    UniqueFd file_;
    std::string path_;
    Sha256 digest_;
    std::uint64_t size_bytes_ = 0;
};

}  // namespace

struct LayerStream::State {
    State(DigestedFile opened, Blob named, LayerFormat how)
        : file{std::move(opened)}, blob{std::move(named)}, format{how} {}
    ~State() {
        if (begun) inflateEnd(&inflater);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Result<std::size_t> inflate_into(std::span<char> into);

    DigestedFile file;
    Blob blob;
    LayerFormat format;
    z_stream inflater{};
    bool begun = false;
    bool file_ended = false;
    std::array<char, kChunkSizeBytes> packed{};
};

/// Some octets; 0 at the end. A file of several parts is the parts one after the other (RFC 1952,
/// section 2.2).
Result<std::size_t> LayerStream::State::inflate_into(std::span<char> into) {
    if (!begun && inflateInit2(&inflater, kGzip) != Z_OK)
        return Error{ErrorCode::exhausted, "no memory to unpack " + file.path()};
    begun = true;
    inflater.next_out = reinterpret_cast<Bytef*>(into.data());
    inflater.avail_out = static_cast<uInt>(into.size());
    while (inflater.avail_out == into.size()) {
        if (inflater.avail_in == 0 && !file_ended) {
            FLATLAN_TRY(count, file.read(packed));
            file_ended = count == 0;
            inflater.next_in = reinterpret_cast<Bytef*>(packed.data());
            inflater.avail_in = static_cast<uInt>(count);
        }
        const bool between = inflater.total_in == 0;  // two parts, or at the beginning
        if (between && inflater.avail_in == 0 && file_ended) return std::size_t{0};
        const int did = inflate(&inflater, Z_NO_FLUSH);
        if (did == Z_STREAM_END)
            inflateReset(&inflater);
        else if (did != Z_OK)
            return Error{ErrorCode::corrupt, file.path() + " is not packed by gzip, or cut off"};
    }
    return into.size() - inflater.avail_out;
}

LayerStream::LayerStream(std::unique_ptr<State> state) : state_{std::move(state)} {}
LayerStream::LayerStream(LayerStream&&) noexcept = default;
LayerStream& LayerStream::operator=(LayerStream&&) noexcept = default;
LayerStream::~LayerStream() = default;

Result<LayerStream> LayerStream::open(const Blob& blob, LayerFormat format) {
    FLATLAN_TRY(file, DigestedFile::open(blob.path));
    return LayerStream{std::make_unique<State>(std::move(file), blob, format)};
}

Result<std::size_t> LayerStream::read(std::span<char> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        const auto rest = into.subspan(filled);
        FLATLAN_TRY(count, state_->format == LayerFormat::gzip ? state_->inflate_into(rest)
                                                               : state_->file.read(rest));
        if (count == 0) break;
        filled += count;
    }
    return filled;
}

Result<void> LayerStream::verify() { return state_->file.verify(state_->blob); }

Result<std::string> read_blob(const Blob& blob, std::uint64_t size_max_bytes) {
    if (blob.size_bytes > size_max_bytes)
        return Error{ErrorCode::corrupt, blob.path + " is too large"}.expecting(
            "at most " + std::to_string(size_max_bytes) + " octets");
    FLATLAN_TRY(stream, LayerStream::open(blob, LayerFormat::tar));
    std::string text(blob.size_bytes, '\0');
    FLATLAN_TRY(count, stream.read(text));
    text.resize(count);
    FLATLAN_TRY_VOID(stream.verify());
    return text;
}

}  // namespace flatlan::pod
