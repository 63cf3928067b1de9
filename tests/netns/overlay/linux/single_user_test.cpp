#include "overlay/linux/single_user.hpp"

#include <grp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "tests/support/network_test.hpp"

namespace flatlan {
namespace {

constexpr uid_t kNobodyHere = 103;

/// In a user namespace with uid 0 alone, made in a process of its own.
bool holds_with_a_single_user(const std::function<bool()>& claim) {
    const pid_t child = fork();
    if (child == 0) {
        const std::string user = "0 " + std::to_string(geteuid()) + " 1";
        const std::string group = "0 " + std::to_string(getegid()) + " 1";
        bool made = unshare(CLONE_NEWUSER) == 0;
        made = made && (std::ofstream{"/proc/self/setgroups"} << "deny").flush();
        made = made && (std::ofstream{"/proc/self/uid_map"} << user).flush();
        made = made && (std::ofstream{"/proc/self/gid_map"} << group).flush();
        _exit(made && claim() ? 0 : 1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool gives_root_up() {
    return setgroups(0, nullptr) == 0 && setgid(kNobodyHere) == 0 && setuid(kNobodyHere) == 0;
}

TEST(SingleUser, IsKnownByTheMapOfUserIds) {
    EXPECT_TRUE(holds_with_a_single_user([] { return support::must(has_single_user()); }));
}

TEST(SingleUser, CannotBecomeAnyoneElse) {
    EXPECT_TRUE(holds_with_a_single_user([] { return !gives_root_up(); }));
}

TEST(SingleUser, StaysRootWhereChangesAreIgnored) {
    EXPECT_TRUE(holds_with_a_single_user([] {
        support::must(ignore_identity_changes());
        return gives_root_up() && geteuid() == 0 && getegid() == 0;
    }));
}

TEST(SingleUser, GivesItsFilesToItselfAlone) {
    EXPECT_TRUE(holds_with_a_single_user([] {
        const int file = memfd_create("file", MFD_CLOEXEC);
        const bool refused = fchown(file, kNobodyHere, kNobodyHere) != 0;
        support::must(ignore_identity_changes());
        struct stat seen {};
        return refused && fchown(file, kNobodyHere, kNobodyHere) == 0 && fstat(file, &seen) == 0 &&
               seen.st_uid == 0;
    }));
}

TEST(SingleUser, MakesAllOtherCallsAsBefore) {
    EXPECT_TRUE(holds_with_a_single_user([] {
        support::must(ignore_identity_changes());
        return getppid() != 0 && unshare(CLONE_NEWNET) == 0 && close(-1) == -1;
    }));
}

}  // namespace
}  // namespace flatlan
