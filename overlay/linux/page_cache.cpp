#include "overlay/linux/page_cache.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "overlay/linux/unique_fd.hpp"

namespace flatlan {
namespace {

/// Where in memory the pages of a file are looked at, at an address that large pages can have.
class View {
public:
    /// Maps all of the file; what is not cached yet is read in large pages.
    static Result<View> of(int file, std::size_t bytes) {
        View view{bytes};
        view.room_ = ::mmap(nullptr, view.room_bytes(), PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (view.room_ == MAP_FAILED) return Error::from_errno(errno, "reserve addresses");
        if (::mmap(view.start(), bytes, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
            return Error::from_errno(errno, "map the file");
        // A kernel without large pages refuses the first, and has only the second to do.
        static_cast<void>(::madvise(view.start(), bytes, MADV_HUGEPAGE));
        if (::madvise(view.start(), bytes, MADV_POPULATE_READ) == 0) return view;
        const int cause = errno;
        auto error = Error::from_errno(cause, "read the file into memory");
        return cause == EINVAL ? std::move(error).as(ErrorCode::unsupported) : std::move(error);
    }

    View(const View&) = delete;
    View& operator=(const View&) = delete;
    View(View&& other) noexcept
        : room_{std::exchange(other.room_, MAP_FAILED)}, bytes_{other.bytes_} {}
    View& operator=(View&&) = delete;
    ~View() {
        if (room_ != MAP_FAILED) ::munmap(room_, room_bytes());
    }

    /// How much of it is mapped in large pages (proc_pid_smaps(5), FilePmdMapped).
    Result<std::uint64_t> large_bytes() const {
        std::ifstream maps{"/proc/self/smaps"};
        bool here = false;
        for (std::string line; std::getline(maps, line);) {
            std::uint64_t number = 0;
            const char* const end = line.data() + line.size();
            if (const auto read = std::from_chars(line.data(), end, number, 16);
                read.ec == std::errc{} && read.ptr != end && *read.ptr == '-')
                here = number == reinterpret_cast<std::uintptr_t>(start());
            constexpr std::string_view kKey = "FilePmdMapped:";
            if (!here || !line.starts_with(kKey)) continue;
            const std::size_t digits = line.find_first_not_of(' ', kKey.size());
            if (digits != line.npos &&
                std::from_chars(line.data() + digits, end, number).ptr != end)
                return number << 10U;
        }
        return Error{ErrorCode::unsupported, "/proc/self/smaps has no FilePmdMapped"};
    }

private:
    explicit View(std::size_t bytes) : bytes_{bytes} {}

    std::size_t room_bytes() const { return bytes_ + kLargePageBytes; }
    void* start() const {
        const auto room = reinterpret_cast<std::uintptr_t>(room_);
        return static_cast<char*>(room_) + (kLargePageBytes - room % kLargePageBytes);
    }

    void* room_ = MAP_FAILED;
    std::size_t bytes_;
};

Result<std::uint64_t> large_bytes(int file, std::size_t bytes) {
    FLATLAN_TRY(view, View::of(file, bytes));
    return view.large_bytes();
}

Result<std::uint64_t> cache_open_file(int file) {
    struct stat status {};
    if (::fstat(file, &status) != 0) return Error::from_errno(errno, "look at the file");
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    const std::uint64_t could_be = bytes - bytes % kLargePageBytes;
    if (could_be == 0) return 0U;
    FLATLAN_TRY(large, large_bytes(file, bytes));
    if (large >= could_be) return large;
    // Only what is on the disk, and mapped by nobody, is given up; both are hints.
    static_cast<void>(::fdatasync(file));
    static_cast<void>(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED));
    return large_bytes(file, bytes);
}

}  // namespace

Result<std::uint64_t> cache_in_large_pages(const std::filesystem::path& file) {
    // What stands there may be a pipe, which has no octets and would be waited for.
    const UniqueFd opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!opened) return Error::from_errno(errno, "open '" + file.string() + "'");
    auto cached = cache_open_file(opened.get());
    if (!cached) return std::move(cached).error().within("'" + file.string() + "'");
    return cached;
}

}  // namespace flatlan
