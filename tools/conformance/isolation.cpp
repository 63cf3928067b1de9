#include "tools/conformance/isolation.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "overlay/base/undo.hpp"
#include "overlay/lab/machine/trial.hpp"

namespace flatlan::conformance {
namespace {

/// A layer in memory over the folder, so that what is there is seen and nothing of it is changed.
Result<void> set_apart(const std::string& memory, const std::string& folder, bool own_user) {
    const std::string layer = memory + "/" + folder.substr(folder.rfind('/') + 1);
    for (const std::string& part : {layer, layer + "/upper", layer + "/work"})
        if (::mkdir(part.c_str(), 0755) != 0) return Error::from_errno(errno, "make " + part);
    const std::string options = "lowerdir=" + folder + ",upperdir=" + layer +
                                "/upper,workdir=" + layer + "/work" +
                                (own_user ? ",userxattr" : "");
    if (::mount("overlay", folder.c_str(), "overlay", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
        return Error::from_errno(errno, "set " + folder + " apart");
    return success();
}

}  // namespace

Result<std::vector<std::string>> enter_own_namespaces() {
    const bool own_user = !lab::has_namespace_rights();
    if (own_user) {
        auto entered = lab::become_root_of_own_namespace();
        if (!entered)
            return std::move(entered)
                .error()
                .as(ErrorCode::forbidden)
                .expecting("root, or a kernel that allows user namespaces");
    }
    if (::unshare(CLONE_NEWNS | CLONE_NEWNET) != 0)
        return Error::from_errno(errno, "make mount and network namespaces")
            .as(ErrorCode::forbidden);
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return Error::from_errno(errno, "keep mounts to ourselves");
    // What plugins leave running becomes ours, so that it is seen.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

    std::string memory = "/tmp/flatlan-conformance.XXXXXX";
    if (::mkdtemp(memory.data()) == nullptr) return Error::from_errno(errno, "make a folder");
    const Undo remove{[&] { ::rmdir(memory.c_str()); }};
    if (::mount("tmpfs", memory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
        return Error::from_errno(errno, "mount a tmpfs");
    // The layers keep it; nobody needs its name.
    const Undo unmount{[&] { ::umount2(memory.c_str(), MNT_DETACH); }};
    std::vector<std::string> shared;
    for (const char* const folder : {"/var/lib", "/run"})
        if (const auto apart = set_apart(memory, folder, own_user); !apart)
            shared.push_back("what plugins write below " + std::string{folder} +
                             " stays there: " + apart.error().to_string());
    return shared;
}

}  // namespace flatlan::conformance
