#include "overlay/lab/machine/runtime_trial.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kLimit = 20s;
/// What the child writes when all went well; no program prints it.
constexpr std::string_view kWorked = "\x01worked";

/// A tmpfs is laid over it in the child's own mount namespace, so it only has to exist.
constexpr char kScratch[] = "/tmp";
constexpr char kBundle[] = "/tmp/bundle";

/// The least that the OCI runtime specification asks for, and the host's programs to run.
constexpr std::string_view kConfig = R"({
"ociVersion": "1.0.2", "hostname": "doctor",
"process": {"user": {"uid": 0, "gid": 0}, "args": ["/usr/bin/true"], "cwd": "/",
            "env": ["PATH=/usr/bin:/bin"]},
"root": {"path": "rootfs", "readonly": true},
"mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
"linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "uts"}, {"type": "ipc"}]}
})";

Result<void> step(int rc, const std::string& attempt) {
    if (rc != 0) return Error::from_errno(errno, attempt);
    return success();
}

/// A root that shows the host's /usr; /bin, /lib and so on are what they are on the host: links
/// into /usr, or folders.
Result<void> make_root(const std::string& root) {
    FLATLAN_TRY_VOID(step(mkdir(kBundle, 0755), "make the bundle"));
    for (const char* folder : {"", "/usr", "/proc", "/dev", "/run"})
        FLATLAN_TRY_VOID(step(mkdir((root + folder).c_str(), 0755), "make the root"));
    FLATLAN_TRY_VOID(step(
        mount("/usr", (root + "/usr").c_str(), nullptr, MS_BIND | MS_REC, nullptr), "bind /usr"));
    for (const std::string folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64"}) {
        std::array<char, 256> target;
        const ssize_t length = readlink(folder.c_str(), target.data(), target.size());
        const std::string inside = root + folder;
        if (length > 0) {
            const std::string link(target.data(), static_cast<std::size_t>(length));
            FLATLAN_TRY_VOID(step(symlink(link.c_str(), inside.c_str()), "link " + folder));
        } else if (errno == EINVAL) {  // no link: a folder (readlink(2))
            FLATLAN_TRY_VOID(step(mkdir(inside.c_str(), 0755), "make " + folder));
            FLATLAN_TRY_VOID(
                step(mount(folder.c_str(), inside.c_str(), nullptr, MS_BIND | MS_REC, nullptr),
                     "bind " + folder));
        }
    }
    return success();
}

/// In PID 1 of the new namespaces.
Result<void> make_bundle() {
    FLATLAN_TRY_VOID(
        step(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private"));
    FLATLAN_TRY_VOID(step(mount("proc", "/proc", "proc", 0, nullptr), "mount /proc"));
    FLATLAN_TRY_VOID(
        step(mount("tmpfs", kScratch, "tmpfs", 0, "mode=700,size=1m"), "mount a tmpfs"));
    FLATLAN_TRY_VOID(make_root(std::string{kBundle} + "/rootfs"));
    const UniqueFd config{open("/tmp/bundle/config.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    if (!config || write(config.get(), kConfig.data(), kConfig.size()) < 0)
        return Error::from_errno(errno, "write the container's configuration");
    return step(chdir(kBundle), "enter the bundle");
}

/// Ends the process; what goes wrong is written to `out_fd`, as the program's own words are.
[[noreturn]] void execute(int out_fd, const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command)
        words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(out_fd, STDOUT_FILENO);
    dup2(out_fd, STDERR_FILENO);
    execv(words[0], words.data());
    dprintf(out_fd, "%s\n", Error::from_errno(errno, "run " + command[0]).to_string().c_str());
    _exit(127);
}

/// Runs a command to its end and says whether it succeeded.
bool run(int out_fd, const std::vector<std::string>& command) {
    const pid_t child = fork();
    if (child < 0) return false;
    if (child == 0) execute(out_fd, command);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Result<void> enter_namespaces(bool with_rights) {
    if (!with_rights) FLATLAN_TRY_VOID(become_root_of_own_namespace());
    return step(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET), "make namespaces");
}

/// The child's part: a process of its own that is PID 1 in there makes the bundle and runs it.
void run_container(int out_fd, const std::string& program, bool with_rights) {
    if (const auto entered = enter_namespaces(with_rights); !entered) {
        dprintf(out_fd, "%s\n", entered.error().to_string().c_str());
        return;
    }
    const std::string name = "flatlan-doctor-" + std::to_string(getpid());
    const pid_t first = fork();
    if (first < 0) return;
    if (first > 0) {
        waitpid(first, nullptr, 0);
        return;
    }
    std::vector<std::string> command{program, "--root", "/tmp/state"};
    if (!with_rights && program.ends_with("runc"))
        command.insert(command.end(), {"--rootless", "true"});
    command.insert(command.end(), {"run", name});
    if (const auto made = make_bundle(); !made)
        dprintf(out_fd, "%s\n", made.error().to_string().c_str());
    else if (run(out_fd, command))
        dprintf(out_fd, "%s", kWorked.data());
    _exit(0);
}

/// The last line that says anything, without a logger's "time=... level=... msg=" around it.
std::string last_words(std::string_view text) {
    const auto end = text.find_last_not_of('\n');
    if (end == text.npos) return "it ended without a word";
    text = text.substr(0, end + 1);
    if (const auto start = text.rfind('\n'); start != text.npos) text.remove_prefix(start + 1);
    if (const auto message = text.find("msg=\""); message != text.npos) {
        text.remove_prefix(message + 5);
        text = text.substr(0, text.rfind('"'));
    }
    return std::string{text};
}

Trial trial_of(const Result<std::string>& text) {
    if (!text) return Trial::refused(text.error().to_string());
    if (text.value().ends_with(kWorked)) return Trial::success();
    return Trial::refused(last_words(text.value()));
}

}  // namespace

Trial try_runtime(const std::string& program, bool with_rights) {
    return trial_of(
        text_of_child([&](int out_fd) { run_container(out_fd, program, with_rights); }, kLimit));
}

Trial try_newuidmap(const std::string& program, unsigned long subuid) {
    // The process in the new user namespace waits until the pipe that it inherited is closed.
    return trial_of(text_of_child(
        [&](int out_fd) {
            std::array<int, 2> ready;
            std::array<int, 2> done;
            if (pipe2(ready.data(), O_CLOEXEC) != 0 || pipe2(done.data(), O_CLOEXEC) != 0) return;
            const pid_t mapped = fork();
            if (mapped < 0) return;
            char octet = 0;
            if (mapped == 0) {
                close(done[1]);
                const bool entered = unshare(CLONE_NEWUSER) == 0;
                if (!entered || write(ready[1], &octet, 1) < 0) _exit(1);
                _exit(read(done[0], &octet, 1) == 0 ? 0 : 1);
            }
            close(ready[1]);
            const bool entered = read(ready[0], &octet, 1) == 1;
            if (entered &&
                run(out_fd, {program, std::to_string(mapped), "0", std::to_string(geteuid()), "1",
                             "1", std::to_string(subuid), "1"}))
                dprintf(out_fd, "%s", kWorked.data());
            close(done[1]);
            waitpid(mapped, nullptr, 0);
        },
        kLimit));
}

std::string find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    // Where Debian puts programs for administrators, which an ordinary user's PATH leaves out.
    std::string folders =
        std::string{path == nullptr ? "" : path} + ":/usr/local/sbin:/usr/sbin:/sbin";
    for (std::size_t start = 0; start < folders.size();) {
        const std::size_t end = std::min(folders.find(':', start), folders.size());
        const std::string candidate = folders.substr(start, end - start) + '/' + name;
        if (end > start && access(candidate.c_str(), X_OK) == 0) return candidate;
        start = end + 1;
    }
    return "";
}

}  // namespace flatlan::lab
