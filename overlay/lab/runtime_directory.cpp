#include "overlay/lab/runtime_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>

#include "overlay/pod/container/cgroups.hpp"

namespace flatlan::lab {
namespace {

constexpr mode_t kPrivateFolder = 0700;
constexpr mode_t kPrivateFile = 0600;
constexpr std::string_view kLockFile = "/lock";
/// Taken for each look at and change of the set of folders, so that nobody removes a folder that
/// another one has made and not locked yet.
constexpr std::string_view kSetLockFile = "/.lock";
constexpr std::string_view kCgroupNote = "/cgroup";
/// Whole folders in it; of the containers' one only the place is left, since what was there was
/// mounted in the lab alone.
constexpr std::string_view kLabFolders[] = {"/logs", "/containers"};
/// What a lab's folder can hold; nothing else is ever removed.
constexpr std::string_view kLabFiles[] = {"/api.sock", "/supervisor.log", "/exercise", kCgroupNote,
                                          kLockFile};
/// What a lab that was killed leaves behind, but for the lock, which its name's next holder takes.
constexpr std::span kLeftBehind = std::span{kLabFiles}.first<4>();
/// How long processes of a lab that was killed a moment ago may take to be gone.
constexpr std::chrono::seconds kDyingTimeMax{5};
constexpr int kLookMilliseconds = 20;

/// su and sudo may hand on the variable of another user, whose folder must not be written to.
bool is_own_folder(const char* path) {
    struct stat seen {};
    return path != nullptr && *path == '/' && stat(path, &seen) == 0 && S_ISDIR(seen.st_mode) &&
           seen.st_uid == geteuid();
}

std::string chosen_path() {
    if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); is_own_folder(runtime))
        return std::string{runtime} + "/flatlan";
    const char* temporary = std::getenv("TMPDIR");
    const std::string parent = temporary != nullptr && *temporary == '/' ? temporary : "/tmp";
    return parent + "/flatlan-" + std::to_string(geteuid());
}

Result<void> make_private_folder(const std::string& path) {
    if (mkdir(path.c_str(), kPrivateFolder) != 0 && errno != EEXIST)
        return Error::from_errno(errno, "make the folder " + path)
            .as(ErrorCode::forbidden)
            .expecting("a folder of this user in XDG_RUNTIME_DIR, or one to write to in TMPDIR");
    struct stat seen {};
    if (lstat(path.c_str(), &seen) != 0) return Error::from_errno(errno, "look at " + path);
    if (!S_ISDIR(seen.st_mode) || seen.st_uid != geteuid() || (seen.st_mode & 077U) != 0)
        return Error{ErrorCode::forbidden, path + " is not a folder of this user alone"}.expecting(
            "a directory that belongs to uid " + std::to_string(geteuid()) +
            ", mode 0700; or an XDG_RUNTIME_DIR that does");
    return success();
}

Result<UniqueFd> open_lock(const std::string& path) {
    UniqueFd lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kPrivateFile)};
    if (!lock) return Error::from_errno(errno, "open the lock " + path);
    return lock;
}

Result<UniqueFd> lock_the_set(const std::string& path) {
    FLATLAN_TRY(lock, open_lock(path + std::string{kSetLockFile}));
    while (flock(lock.get(), LOCK_EX) != 0)
        if (errno != EINTR) return Error::from_errno(errno, "lock " + path);
    return lock;
}

/// Whether somebody holds the lock of the lab in `folder`; nobody can take or lose it meanwhile
/// unnoticed, since the caller holds the set.
bool is_live(const std::string& folder) {
    const UniqueFd lock{
        ::open((folder + std::string{kLockFile}).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    return lock && flock(lock.get(), LOCK_EX | LOCK_NB) != 0;
}

Result<void> remove_files(const std::string& folder, std::span<const std::string_view> files) {
    for (const std::string_view file : files)
        if (unlink((folder + std::string{file}).c_str()) != 0 && errno != ENOENT)
            return Error::from_errno(errno, "remove " + folder + std::string{file});
    return success();
}

/// The groups of processes that a dead lab of root's has left behind.
void remove_groups(const std::string& folder) {
    std::ifstream note{folder + std::string{kCgroupNote}};
    std::string path;
    if (!std::getline(note, path) || !path.starts_with(pod::kCgroupRoot)) return;
    const auto deadline = std::chrono::steady_clock::now() + kDyingTimeMax;
    while (!pod::remove_cgroups(path) && std::chrono::steady_clock::now() < deadline)
        poll(nullptr, 0, kLookMilliseconds);
}

Result<void> remove_folders(const std::string& folder) {
    for (const std::string_view each : kLabFolders) {
        std::error_code failed;
        std::filesystem::remove_all(folder + std::string{each}, failed);
        if (failed)
            return Error::from_errno(failed.value(), "remove " + folder + std::string{each});
    }
    return success();
}

Result<void> remove_folder(const std::string& folder) {
    remove_groups(folder);
    FLATLAN_TRY_VOID(remove_folders(folder));
    FLATLAN_TRY_VOID(remove_files(folder, kLabFiles));
    if (rmdir(folder.c_str()) != 0 && errno != ENOENT)
        return Error::from_errno(errno, "remove " + folder);
    return success();
}

Result<std::vector<LabName>> names_in(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder{opendir(path.c_str()), closedir};
    if (!folder) return Error::from_errno(errno, "read " + path);
    std::vector<LabName> names;
    while (const dirent* entry = readdir(folder.get()))
        if (auto name = LabName::from(entry->d_name)) names.push_back(name.value());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

Result<RuntimeDirectory> RuntimeDirectory::open() {
    std::string path = chosen_path();
    FLATLAN_TRY_VOID(make_private_folder(path));
    return RuntimeDirectory{std::move(path)};
}

Result<LabLock> RuntimeDirectory::claim(const LabName& lab) const {
    if (socket_path(lab).size() >= sizeof(sockaddr_un{}.sun_path))
        return Error{ErrorCode::invalid_argument,
                     "the path of the lab's socket, " + socket_path(lab) + ", is too long"}
            .expecting("a shorter lab name or XDG_RUNTIME_DIR: at most 107 octets in all");
    const auto set = lock_the_set(path_);
    if (!set) return set.error();
    FLATLAN_TRY_VOID(make_private_folder(folder(lab)));
    FLATLAN_TRY(lock, open_lock(folder(lab) + std::string{kLockFile}));
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        return Error{ErrorCode::already_exists, "a lab named '" + lab.text() + "' is running"}
            .expecting("another metadata.name, or first: flatlan down " + lab.text());
    remove_groups(folder(lab));
    FLATLAN_TRY_VOID(remove_folders(folder(lab)));
    FLATLAN_TRY_VOID(remove_files(folder(lab), kLeftBehind));
    return LabLock{std::move(lock), folder(lab)};
}

Result<std::vector<LabName>> RuntimeDirectory::live_labs() const {
    const auto set = lock_the_set(path_);
    if (!set) return set.error();
    FLATLAN_TRY(names, names_in(path_));
    std::vector<LabName> live;
    for (LabName& name : names) {
        if (is_live(folder(name)))
            live.push_back(std::move(name));
        else
            FLATLAN_TRY_VOID(remove_folder(folder(name)));
    }
    return live;
}

Result<void> RuntimeDirectory::discard(const LabName& lab) const {
    const auto set = lock_the_set(path_);
    if (!set) return set.error();
    return remove_folder(folder(lab));
}

}  // namespace flatlan::lab
