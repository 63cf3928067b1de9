#include "overlay/pod/container/runtime_trial.hpp"

#include "overlay/pod/container/cgroups.hpp"
#include "overlay/pod/container/mounts.hpp"

namespace flatlan::pod {
namespace {

constexpr std::uint64_t kTrialDiskBytes = 4U << 20U;
/// A runtime takes a few hundredths of a second; a machine that is very busy, some seconds.
constexpr std::chrono::seconds kTrialTimeMax{20};

}  // namespace

RuntimeTrial::RuntimeTrial(ContainerContext& context, const ContainerPlaces& places,
                           const HostRoot& host_root)
    : context_{context}, places_{places}, host_root_{host_root} {
    const bool cgroups = !places.user_namespace && may_make_cgroups();
    // A /sys of one's own is refused where a container hides parts of it.
    for (const bool bind_sys : {false, true})
        for (OciRuntime& runtime : candidate_runtimes(cgroups, places.folder + "/state"))
            candidates_.push_back({std::move(runtime), bind_sys});
}

void RuntimeTrial::drive(Instant now) {
    if (under_way_ && now >= late_at_) {
        process_->give_up();
        fail("no answer within " + std::to_string(kTrialTimeMax.count()) + " s");
        // Its other flags would only make the wait longer.
        while (next_ < candidates_.size() &&
               candidates_[next_].runtime.program == context_.runtime.program)
            ++next_;
    }
    while (!over_ && !under_way_) {
        process_.reset();
        if (next_ == candidates_.size()) {
            over_ = true;
            error_ = Error{ErrorCode::forbidden, candidates_.empty()
                                                     ? "there is no OCI runtime to run containers"
                                                     : "no OCI runtime works: " + words_}
                         .expecting(
                             "runc or crun to be installed and to work here; pods without "
                             "containers need none");
            return;
        }
        context_.runtime = candidates_[next_].runtime;
        context_.bind_sys = candidates_[next_].bind_sys;
        ++next_;
        under_way_ = true;
        late_at_ = now + kTrialTimeMax;
        if (const auto begun = begin(); !begun) fail(begun.error().to_string());
    }
}

Result<void> RuntimeTrial::begin() {
    const std::string folder = places_.folder + "/trial";
    process_ = std::make_unique<ContainerProcess>(
        context_, folder, "trial-" + std::to_string(next_),
        ContainerProcess::Listener{.started = [] {},
                                   .failed = [this](const std::string& why) { fail(why); },
                                   .ended =
                                       [this](int) {
                                           over_ = true;
                                           under_way_ = false;
                                       }});
    const std::string disk = folder + std::string{kDiskFolder};
    FLATLAN_TRY_VOID(mount_tmpfs(disk, kTrialDiskBytes));
    OciContainer container{.root = disk + "/rootfs",
                           .mounts = {},
                           .arguments = {"/bin/true"},
                           .environment = {"PATH=/usr/bin:/bin"},
                           .working_dir = "/",
                           .namespaces = {},
                           .limits = {},
                           .single_user = places_.single_user};
    if (context_.bind_sys) FLATLAN_TRY_VOID(bind_sys(disk, container));
    if (context_.runtime.with_cgroups) container.cgroup = places_.cgroup + "/trial";
    FLATLAN_TRY(mounts, host_root_.prepare(disk, {}));
    container.mounts = std::move(mounts);
    FLATLAN_TRY(log, ContainerLog::create(places_.folder + "/trial.log"));
    return process_->launch(container, std::move(log));
}

void RuntimeTrial::fail(const std::string& why) {
    under_way_ = false;
    const OciRuntime& runtime = context_.runtime;
    std::string name = runtime.program.substr(runtime.program.rfind('/') + 1);
    for (const std::string& flag : runtime.flags)
        name += " " + flag;
    words_ += (words_.empty() ? "" : "; ") + name + ": " + why;
}

}  // namespace flatlan::pod
