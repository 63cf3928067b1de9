#include "overlay/pod/image/tar_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace flatlan::pod {
namespace {

constexpr std::uint64_t kBlockSizeBytes = 512;

/// Where a field of the header stands.
struct Field {
    std::size_t at, size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12},
    kModified{136, 12}, kChecksum{148, 8}, kLink{157, 100}, kMagic{257, 5}, kMajor{329, 8},
    kMinor{337, 8}, kPrefix{345, 155};
constexpr std::size_t kTypeAt = 156;

Error corrupt(const std::string& what) {
    return Error{ErrorCode::corrupt, "a layer is no tar archive: " + what};
}

std::string_view bytes_of(std::span<const char> header, const Field& field) {
    return {header.data() + field.at, field.size};
}

std::string text_of(std::span<const char> header, const Field& field) {
    const std::string_view text = bytes_of(header, field);
    return std::string{text.substr(0, text.find('\0'))};
}

/// Octal digits, or GNU's binary form: the first bit set, then a number in two's complement. Only a
/// time may be negative, and is then meant by the value modulo 2^64.
Result<std::uint64_t> number_of(std::span<const char> header, const Field& field) {
    std::string_view text = bytes_of(header, field);
    std::uint64_t value = 0;
    if ((static_cast<unsigned char>(text[0]) & 0x80U) != 0) {
        const bool negative = (static_cast<unsigned char>(text[0]) & 0x40U) != 0;
        if (negative && field.at != kModified.at) return corrupt("a number is negative");
        const char sign = negative ? '\xff' : '\0';
        if (text.size() > 9 && text.substr(1, text.size() - 9).find_first_not_of(sign) != text.npos)
            return corrupt("a number is too large");
        if (negative) value = ~value;
        for (const char octet :
             text.substr(text.size() - std::min<std::size_t>(8, text.size() - 1)))
            value = value << 8U | static_cast<unsigned char>(octet);
        return value;
    }
    while (!text.empty() && (text.front() == ' ' || text.front() == '0'))
        text.remove_prefix(1);
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
    const bool empty = text.empty() || text.front() == '\0' || text.front() == ' ';
    if (!empty && (failed != std::errc{} ||
                   (end != text.data() + text.size() && *end != '\0' && *end != ' ')))
        return corrupt("a number is none");
    return empty ? 0 : value;
}

bool has_right_checksum(std::span<const char> header) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < header.size(); ++i) {
        const bool own = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
        sum += own ? ' ' : static_cast<unsigned char>(header[i]);
    }
    const auto said = number_of(header, kChecksum);
    return said && said.value() == sum;
}

Result<TarKind> kind_of(char type) {
    switch (type) {
        case '0':
        case '\0':
        case '7':  // "contiguous": a file
            return TarKind::file;
        case '1':
            return TarKind::hard_link;
        case '2':
            return TarKind::link;
        case '3':
            return TarKind::character;
        case '4':
            return TarKind::block;
        case '5':
            return TarKind::folder;
        case '6':
            return TarKind::fifo;
        default:
            return corrupt(std::string{"an entry of type '"} + type + "'");
    }
}

Result<TarEntry> entry_of(std::span<const char> header) {
    TarEntry entry;
    FLATLAN_TRY(kind, kind_of(header[kTypeAt]));
    entry.kind = kind;
    entry.path = text_of(header, kName);
    if (bytes_of(header, kMagic) == "ustar" && header[kPrefix.at] != '\0' &&
        header[kMagic.at + kMagic.size] == '\0')  // GNU's own magic has other fields there
        entry.path = text_of(header, kPrefix) + "/" + entry.path;
    entry.target = text_of(header, kLink);
    const auto read = [&](const Field& field, auto& into) -> Result<void> {
        FLATLAN_TRY(number, number_of(header, field));
        into = static_cast<std::remove_reference_t<decltype(into)>>(number);
        return success();
    };
    FLATLAN_TRY_VOID(read(kMode, entry.mode));
    FLATLAN_TRY_VOID(read(kUid, entry.uid));
    FLATLAN_TRY_VOID(read(kGid, entry.gid));
    FLATLAN_TRY_VOID(read(kSize, entry.size_bytes));
    FLATLAN_TRY_VOID(read(kModified, entry.modified));
    FLATLAN_TRY_VOID(read(kMajor, entry.device_major));
    FLATLAN_TRY_VOID(read(kMinor, entry.device_minor));
    return entry;
}

/// "LENGTH KEY=VALUE\n" and so on, the length that of its line.
Result<void> take_pax(std::string_view text, std::map<std::string, std::string>& into) {
    while (!text.empty() && text.front() != '\0') {
        std::size_t length = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), length);
        const auto digits = static_cast<std::size_t>(end - text.data());
        if (failed != std::errc{} || length > text.size() || length < digits + 4 ||
            text[digits] != ' ' || text[length - 1] != '\n')
            return corrupt("an extended header is cut off");
        const std::string_view line = text.substr(digits + 1, length - digits - 2);
        const auto equals = line.find('=');
        if (equals == line.npos) return corrupt("an extended header has no value");
        into[std::string{line.substr(0, equals)}] = line.substr(equals + 1);
        text.remove_prefix(length);
    }
    return success();
}

}  // namespace

Result<std::optional<TarEntry>> TarReader::next() {
    extensions_.clear();
    for (;;) {
        FLATLAN_TRY_VOID(skip_rest());
        Block header{};
        FLATLAN_TRY(count, source_(header));
        if (count == 0) return std::optional<TarEntry>{};
        if (count < header.size()) return corrupt("it is cut off");
        if (std::all_of(header.begin(), header.end(), [](char octet) { return octet == 0; }))
            return std::optional<TarEntry>{};
        if (!has_right_checksum(header)) return corrupt("a header's checksum is wrong");
        FLATLAN_TRY(size, number_of(header, kSize));
        if (const char type = header[kTypeAt];
            type == 'x' || type == 'g' || type == 'L' || type == 'K') {
            FLATLAN_TRY_VOID(read_extension(type, size));
            continue;
        }
        FLATLAN_TRY(entry, entry_of(header));
        FLATLAN_TRY_VOID(apply_extensions(entry));
        if (entry.path.size() > kPathSizeMax || entry.target.size() > kPathSizeMax ||
            entry.path.find('\0') != entry.path.npos || entry.target.find('\0') != entry.path.npos)
            return corrupt("a path is none");
        if (entry.kind != TarKind::file) entry.size_bytes = 0;
        left_ = entry.size_bytes;
        padding_ = (kBlockSizeBytes - left_ % kBlockSizeBytes) % kBlockSizeBytes;
        return std::optional{std::move(entry)};
    }
}

Result<std::size_t> TarReader::read(std::span<char> into) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    FLATLAN_TRY(count, source_(into.first(wanted)));
    if (count < wanted) return corrupt("it is cut off");
    left_ -= count;
    return count;
}

Result<void> TarReader::skip_rest() {
    std::array<char, 16 * kBlockSizeBytes> passed;
    std::uint64_t rest = left_ + padding_;
    while (rest > 0) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(passed.size(), rest));
        FLATLAN_TRY(count, source_(std::span{passed}.first(wanted)));
        if (count < wanted) return corrupt("it is cut off");
        rest -= count;
    }
    left_ = padding_ = 0;
    return success();
}

Result<void> TarReader::read_extension(char type, std::uint64_t size) {
    if (size > kExtensionSizeMax) return corrupt("an extended header is too large");
    std::string text(size, '\0');
    FLATLAN_TRY(count, source_(text));
    if (count < size) return corrupt("it is cut off");
    padding_ = (kBlockSizeBytes - size % kBlockSizeBytes) % kBlockSizeBytes;
    if (type == 'x') return take_pax(text, extensions_);
    if (type == 'g') return success();  // comments of whole archives: nothing that matters here
    text.resize(std::min(text.find('\0'), text.size()));
    extensions_[type == 'L' ? "path" : "linkpath"] = std::move(text);
    return success();
}

Result<void> TarReader::apply_extensions(TarEntry& entry) {
    const auto number = [&](const char* key, auto& into) -> Result<void> {
        const auto found = extensions_.find(key);
        if (found == extensions_.end()) return success();
        const std::string& text = found->second;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
        // A time has a fraction, which is left out.
        if (failed != std::errc{} || (end != text.data() + text.size() && *end != '.'))
            return corrupt(std::string{"'"} + key + "' is no number");
        return success();
    };
    if (const auto path = extensions_.find("path"); path != extensions_.end())
        entry.path = path->second;
    if (const auto link = extensions_.find("linkpath"); link != extensions_.end())
        entry.target = link->second;
    FLATLAN_TRY_VOID(number("size", entry.size_bytes));
    FLATLAN_TRY_VOID(number("uid", entry.uid));
    FLATLAN_TRY_VOID(number("gid", entry.gid));
    return number("mtime", entry.modified);
}

}  // namespace flatlan::pod
