#include "ipam/store/release_journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "overlay/base/undo.hpp"
#include "overlay/sqlite/files.hpp"

namespace flatlan::ipam {
namespace {

Error failed(const char* attempt, const std::filesystem::path& file) {
    return Error::from_errno(errno, std::string{attempt} + " '" + file.string() + "'");
}

/// The journal, open and locked until the descriptor is closed.
class OpenJournal {
public:
    static Result<OpenJournal> open(const std::filesystem::path& file) {
        OpenJournal journal{
            ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
        if (journal.descriptor_ < 0) return failed("open", file);
        while (::flock(journal.descriptor_, LOCK_EX) != 0)
            if (errno != EINTR) return failed("lock", file);
        return journal;
    }
    OpenJournal(OpenJournal&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    OpenJournal& operator=(OpenJournal&&) = delete;
    ~OpenJournal() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    int descriptor() const { return descriptor_; }

    /// Every whole line. What follows the last line feed was cut off by a crash before its writer
    /// was told that it lasts.
    Result<std::string> read_lines(const std::filesystem::path& file) const {
        std::string text;
        std::array<char, 4096> part{};
        for (;;) {
            const ssize_t size =
                ::pread(descriptor_, part.data(), part.size(), static_cast<off_t>(text.size()));
            if (size < 0) return failed("read", file);
            if (size == 0) break;
            text.append(part.data(), static_cast<std::size_t>(size));
        }
        const std::size_t end = text.rfind('\n');
        text.resize(end == std::string::npos ? 0 : end + 1);
        return text;
    }

private:
    explicit OpenJournal(int descriptor) : descriptor_{descriptor} {}
    int descriptor_;
};

}  // namespace

Result<void> ReleaseJournal::add(const LeaseKey& key) {
    FLATLAN_TRY(journal, OpenJournal::open(file_));
    FLATLAN_TRY(lines, journal.read_lines(file_));
    const auto end = static_cast<off_t>(lines.size());
    Undo cut{[&] { static_cast<void>(::ftruncate(journal.descriptor(), end) != 0); }};
    if (::ftruncate(journal.descriptor(), end) != 0) return failed("write", file_);
    const std::string line = key.text() + "\n";
    const ssize_t written = ::pwrite(journal.descriptor(), line.data(), line.size(), end);
    if (written >= 0 && static_cast<std::size_t>(written) != line.size()) errno = ENOSPC;
    if (written < 0 || static_cast<std::size_t>(written) != line.size())
        return failed("write", file_);
    if (::fsync(journal.descriptor()) != 0) return failed("sync", file_);
    if (end == 0) FLATLAN_TRY_VOID(sqlite::sync_folder_of(file_));  // it may be new
    cut.disarm();
    return success();
}

bool ReleaseJournal::empty() const {
    struct stat status {};
    if (::stat(file_.c_str(), &status) != 0) return errno == ENOENT;
    return status.st_size == 0;
}

Result<void> ReleaseJournal::drain(
    const std::function<Result<void>(const std::vector<LeaseKey>&)>& release) {
    FLATLAN_TRY(journal, OpenJournal::open(file_));
    FLATLAN_TRY(lines, journal.read_lines(file_));
    std::vector<LeaseKey> keys;
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = lines.find('\n', begin);
        if (auto key = LeaseKey::from_text(std::string_view{lines}.substr(begin, end - begin)))
            keys.push_back(std::move(key).value());
        begin = end + 1;
    }
    FLATLAN_TRY_VOID(release(keys));
    if (::ftruncate(journal.descriptor(), 0) != 0) return failed("empty", file_);
    // Else a crash could bring back a release of a key that has a lease again.
    if (::fsync(journal.descriptor()) != 0) return failed("sync", file_);
    return success();
}

}  // namespace flatlan::ipam
