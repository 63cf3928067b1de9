#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "overlay/base/result.hpp"

namespace flatlan::pod {

/// What an entry of an archive is.
enum class TarKind : std::uint8_t { file, hard_link, link, character, block, folder, fifo };

/// An entry of an archive; nothing in it is to be trusted.
struct TarEntry {
    TarKind kind = TarKind::file;
    std::string path;
    std::string target{};  ///< of a link
    std::uint32_t mode = 0;
    std::uint32_t uid = 0, gid = 0;
    std::uint64_t size_bytes = 0;
    std::int64_t modified = 0;  ///< seconds since 1970
    std::uint32_t device_major = 0, device_minor = 0;
};

/// Reads an archive from its beginning to its end: POSIX.1-2017 (pax, "ustar Interchange Format"
/// and "pax Interchange Format") and GNU's entries for long names.
class TarReader {
public:
    /// Fills the buffer but at the end, and says how much it filled.
    using Source = std::function<Result<std::size_t>(std::span<char>)>;

    /// A path or a link's target; Linux takes 4,095 octets (PATH_MAX).
    static constexpr std::size_t kPathSizeMax = 4095;
    /// All of an entry's extended header.
    static constexpr std::size_t kExtensionSizeMax = 1U << 20U;

    explicit TarReader(Source source) : source_{std::move(source)} {}

    /// The next entry; what is left of the one before is passed over. Empty at the end. Error
    /// corrupt for what is no archive.
    Result<std::optional<TarEntry>> next();
    /// The contents of the entry, piece by piece; 0 at its end.
    Result<std::size_t> read(std::span<char> into);

private:
    using Block = std::array<char, 512>;

    Result<std::optional<TarEntry>> read_header();
    Result<void> read_extension(char type, std::uint64_t size);
    Result<void> skip_rest();
    Result<void> apply_extensions(TarEntry& entry);

    Source source_;
    std::uint64_t left_ = 0;                           ///< of the entry's contents
    std::uint64_t padding_ = 0;                        ///< behind it
    std::map<std::string, std::string> extensions_{};  ///< of the entry that comes
};

}  // namespace flatlan::pod
