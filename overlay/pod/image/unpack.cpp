#include "overlay/pod/image/unpack.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <vector>

#include "overlay/pod/image/inside_folder.hpp"

namespace flatlan::pod {
namespace {

constexpr std::size_t kChunkSizeBytes = 256U << 10U;
constexpr mode_t kModeBits = 07777;
constexpr mode_t kFolderMode = 0755;
/// layer.md, "Whiteouts".
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
/// How many folders in each other a removal goes down: each is a descriptor.
constexpr unsigned kDepthMax = 256;

/// How many links one after the other lead to a folder, as for the kernel (path_resolution(7)).
constexpr unsigned kLinksMax = 40;

/// "./a//b/" as "a/b"; ".." stays for the kernel to resolve.
std::string normalized(const std::string& path) {
    std::string out;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        if (!part.empty() && part != ".") out += (out.empty() ? "" : "/") + part;
        begin = end + 1;
    }
    return out;
}

/// What a symbolic link says; empty for anything else.
std::string link_target(int folder, const std::string& name) {
    std::string target(PATH_MAX, '\0');
    const ssize_t size = readlinkat(folder, name.c_str(), target.data(), target.size());
    target.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return target;
}

std::vector<std::string> names_in(int folder) {
    std::vector<std::string> names;
    const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> list{copy < 0 ? nullptr : fdopendir(copy), closedir};
    while (const dirent* entry = list ? readdir(list.get()) : nullptr)
        if (const std::string name = entry->d_name; name != "." && name != "..")
            names.push_back(name);
    return names;
}

/// Removes a name with all that is below it, but what is in `kept`; `path` is its path.
Result<void> remove_tree(int parent, const std::string& name, const std::string& path,
                         const std::set<std::string>& kept, unsigned depth = 0) {
    struct stat found {};
    if (fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return success();
    if (!S_ISDIR(found.st_mode)) {
        if (kept.contains(path) || unlinkat(parent, name.c_str(), 0) == 0) return success();
        return Error::from_errno(errno, "remove " + path);
    }
    if (depth == kDepthMax)
        return Error{ErrorCode::exhausted, "folders are too deep in each other: " + path};
    const UniqueFd folder{
        openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder) return Error::from_errno(errno, "remove " + path);
    for (const std::string& each : names_in(folder.get()))
        FLATLAN_TRY_VOID(remove_tree(folder.get(), each, path + "/" + each, kept, depth + 1));
    if (kept.contains(path) || unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) return success();
    return Error::from_errno(errno, "remove " + path);
}

}  // namespace

Result<Unpacker> Unpacker::open(const std::string& folder, Owners owners) {
    UniqueFd root{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!root) return Error::from_errno(errno, "open " + folder);
    return Unpacker{std::move(root), owners};
}

Result<void> Unpacker::add(const ImageLayer& layer) {
    FLATLAN_TRY(stream, LayerStream::open(layer.blob, layer.format));
    TarReader archive{[&](std::span<char> into) { return stream.read(into); }};
    made_.clear();
    for (;;) {
        auto entry = archive.next();
        if (!entry) return std::move(entry).error().within(layer.blob.path);
        if (!entry.value()) break;
        const TarEntry& found = *entry.value();
        if (auto taken = take(found, archive); !taken)
            return std::move(taken).error().within("unpack '" + found.path + "' of " +
                                                   layer.blob.path);
    }
    return stream.verify();
}

Result<void> Unpacker::take(const TarEntry& entry, TarReader& archive) {
    const std::string path = normalized(entry.path);
    if (path.empty()) return success();  // the root itself
    const auto slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "" : path.substr(0, slash);
    const std::string name = path.substr(slash == path.npos ? 0 : slash + 1);
    if (name == "..") return Error{ErrorCode::corrupt, "its name is '..'"};
    if (name.starts_with(kWhiteout)) return white_out(folder, name);
    FLATLAN_TRY(at, place_of(path));
    FLATLAN_TRY_VOID(make(at, entry, archive));
    for (std::string each = path; !each.empty();
         each = each.find('/') == each.npos ? "" : each.substr(0, each.rfind('/')))
        if (!made_.insert(each).second) break;
    return success();
}

/// Of a folder that is not there nothing is to be hidden.
Result<void> Unpacker::white_out(const std::string& folder, const std::string& name) {
    const UniqueFd parent = open_inside(root_.get(), folder, O_RDONLY | O_DIRECTORY);
    if (!parent) return success();
    const std::string prefix = folder.empty() ? "" : folder + "/";
    if (name != kOpaque) {
        const std::string hidden = name.substr(kWhiteout.size());
        if (hidden.empty() || hidden == "." || hidden == "..")
            return Error{ErrorCode::corrupt, "it hides nothing"};
        return remove_tree(parent.get(), hidden, prefix + hidden, made_);
    }
    for (const std::string& each : names_in(parent.get()))
        FLATLAN_TRY_VOID(remove_tree(parent.get(), each, prefix + each, made_));
    return success();
}

/// Makes what is missing of it, also of what a link on its way says.
Result<UniqueFd> Unpacker::open_folder(const std::string& path, bool make, unsigned links) {
    UniqueFd folder = open_inside(root_.get(), path, O_RDONLY | O_DIRECTORY);
    if (folder || !make || errno != ENOENT) {
        if (!folder) return Error::from_errno(errno, "open its folder");
        return folder;
    }
    const auto slash = path.rfind('/');
    const std::string above = slash == path.npos ? "" : path.substr(0, slash);
    FLATLAN_TRY(parent, open_folder(above, true, links));
    const std::string name = path.substr(slash == path.npos ? 0 : slash + 1);
    if (mkdirat(parent.get(), name.c_str(), kFolderMode) != 0) {
        if (errno != EEXIST) return Error::from_errno(errno, "make its folder");
        if (const std::string target = link_target(parent.get(), name); !target.empty()) {
            if (links == kLinksMax)
                return Error{ErrorCode::corrupt, "its folder is a link in a loop"};
            return open_folder(normalized(target.front() == '/' ? target : above + "/" + target),
                               true, links + 1);
        }
    }
    folder = open_inside(root_.get(), path, O_RDONLY | O_DIRECTORY);
    if (!folder) return Error::from_errno(errno, "open its folder");
    return folder;
}

Result<Unpacker::Place> Unpacker::place_of(const std::string& path) {
    const auto slash = path.rfind('/');
    FLATLAN_TRY(parent, open_folder(slash == path.npos ? "" : path.substr(0, slash), true));
    return Place{std::move(parent), path.substr(slash == path.npos ? 0 : slash + 1)};
}

Result<void> Unpacker::make(const Place& at, const TarEntry& entry, TarReader& archive) {
    if (entry.kind == TarKind::folder) return make_folder(at, entry);
    FLATLAN_TRY_VOID(remove_tree(at.parent.get(), at.name, at.name, {}));
    const bool device = entry.kind == TarKind::character || entry.kind == TarKind::block;
    const mode_t mode = entry.mode & kModeBits;
    switch (entry.kind) {
        case TarKind::file:
            return make_file(at, entry, archive);
        case TarKind::hard_link:
            return make_hard_link(at, entry);
        case TarKind::link:
            if (symlinkat(entry.target.c_str(), at.parent.get(), at.name.c_str()) != 0)
                return Error::from_errno(errno, "make the link");
            return set_owner(at, entry);
        default:
            break;
    }
    if (device && owners_ == Owners::ourselves) return success();
    const mode_t type = entry.kind == TarKind::character ? S_IFCHR
                        : entry.kind == TarKind::block   ? S_IFBLK
                                                         : S_IFIFO;
    if (mknodat(at.parent.get(), at.name.c_str(), type | mode,
                makedev(entry.device_major, entry.device_minor)) != 0)
        return Error::from_errno(errno, "make the device");
    return set_owner(at, entry);
}

Result<void> Unpacker::make_file(const Place& at, const TarEntry& entry, TarReader& archive) {
    const UniqueFd file{openat(at.parent.get(), at.name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!file) return Error::from_errno(errno, "make the file");
    std::vector<char> chunk(kChunkSizeBytes);
    for (;;) {
        FLATLAN_TRY(count, archive.read(chunk));
        if (count == 0) break;
        for (std::size_t done = 0; done < count;) {
            const ssize_t written = write(file.get(), chunk.data() + done, count - done);
            if (written < 0) return Error::from_errno(errno, "write the file");
            done += static_cast<std::size_t>(written);
        }
    }
    FLATLAN_TRY_VOID(set_owner(at, entry));
    if (fchmod(file.get(), entry.mode & kModeBits) != 0)
        return Error::from_errno(errno, "set the file's mode");
    const timespec times[2] = {{entry.modified, 0}, {entry.modified, 0}};
    if (futimens(file.get(), times) != 0) return Error::from_errno(errno, "set the file's time");
    return success();
}

/// One that is there stays, with what is in it.
Result<void> Unpacker::make_folder(const Place& at, const TarEntry& entry) {
    if (mkdirat(at.parent.get(), at.name.c_str(), kFolderMode) != 0) {
        struct stat found {};
        if (errno != EEXIST ||
            fstatat(at.parent.get(), at.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
            return Error::from_errno(errno, "make the folder");
        if (!S_ISDIR(found.st_mode)) {
            FLATLAN_TRY_VOID(remove_tree(at.parent.get(), at.name, at.name, {}));
            if (mkdirat(at.parent.get(), at.name.c_str(), kFolderMode) != 0)
                return Error::from_errno(errno, "make the folder");
        }
    }
    FLATLAN_TRY_VOID(set_owner(at, entry));
    if (fchmodat(at.parent.get(), at.name.c_str(), entry.mode & kModeBits, 0) != 0)
        return Error::from_errno(errno, "set the folder's mode");
    return success();
}

Result<void> Unpacker::make_hard_link(const Place& at, const TarEntry& entry) {
    FLATLAN_TRY(source, place_of(normalized(entry.target)));
    if (linkat(source.parent.get(), source.name.c_str(), at.parent.get(), at.name.c_str(), 0) != 0)
        return Error::from_errno(errno, "link it to '" + entry.target + "'");
    return success();
}

Result<void> Unpacker::set_owner(const Place& at, const TarEntry& entry) {
    if (owners_ == Owners::ourselves) return success();
    if (fchownat(at.parent.get(), at.name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0)
        return Error::from_errno(errno, "set its owner");
    return success();
}

}  // namespace flatlan::pod
