#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "overlay/base/undo.hpp"
#include "overlay/lab/agents/programs.hpp"
#include "overlay/lab/images.hpp"
#include "overlay/lab/lab_client.hpp"
#include "overlay/lab/launch.hpp"
#include "overlay/lab/open_files.hpp"
#include "overlay/lab/runtime_directory.hpp"
#include "overlay/lab/supervisor.hpp"
#include "overlay/linux/interrupts.hpp"

namespace flatlan::lab {
namespace {

/// The end of the supervisor's log, which names what made it end without a word.
std::string last_words(const std::string& log_path) {
    std::ifstream log{log_path};
    std::string line;
    std::string last;
    while (std::getline(log, line))
        if (!line.empty()) last = line;
    return last.empty() ? "nothing in its log" : last;
}

Error ended_silently(const Launched& supervisor, const std::string& log_path) {
    int wait_status = 0;
    waitpid(supervisor.pid, &wait_status, 0);
    const std::string how = WIFSIGNALED(wait_status)
                                ? "signal " + std::to_string(WTERMSIG(wait_status))
                                : "status " + std::to_string(WEXITSTATUS(wait_status));
    Error error{ErrorCode::system,
                "the lab's supervisor ended with " + how + ": " + last_words(log_path)};
    // It could not become root of its namespaces (launch.cpp); what it wrote is the refused step.
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == kRefusedByMachine
               ? std::move(error).as(ErrorCode::forbidden)
               : std::move(error);
}

/// Hears the supervisor out until its lab runs. An interrupt ends the wait; the caller then ends
/// the lab.
Result<void> wait_until_running(const Launched& supervisor, const StartListener& listener,
                                const Interrupts& interrupts, const std::string& log_path,
                                const ProgressListener& progress) {
    for (;;) {
        pollfd wait[] = {{listener.fd(), POLLIN, 0}, {interrupts.waiting().get(), POLLIN, 0}};
        if (poll(wait, 2, -1) < 0 && errno != EINTR)
            return Error::from_errno(errno, "wait for the lab");
        if (wait[1].revents != 0) {
            static_cast<void>(interrupts.take());
            return Error{ErrorCode::interrupted, "interrupted; nothing of the lab is left"};
        }
        if (wait[0].revents == 0) continue;
        FLATLAN_TRY(report, listener.receive());
        if (!report) return ended_silently(supervisor, log_path);
        if (report->failure) return std::move(*report->failure);
        if (report->step && progress) progress(*report->step);
        if (report->running) return success();
    }
}

}  // namespace

Result<LabStatus> start_lab(const LabSpec& spec, const ProgressListener& progress) {
    FLATLAN_TRY(plan, plan_lab(spec));
    FLATLAN_TRY_VOID(check_open_files(spec, plan));
    FLATLAN_TRY_VOID(check_images(spec));
    std::optional<AgentPrograms> programs;
    if (spec.agents == Agents::process) {
        FLATLAN_TRY(found, find_agent_programs());
        programs = std::move(found);
    }
    FLATLAN_TRY(runtime, RuntimeDirectory::open());
    FLATLAN_TRY(lock, runtime.claim(spec.name));
    Undo discard{[&] { static_cast<void>(runtime.discard(spec.name)); }};
    FLATLAN_TRY(channel, make_start_channel());

    const Interrupts interrupts;
    const SupervisorTask task{spec, std::move(plan), std::move(programs), runtime};
    auto& [ours, theirs] = channel;
    const std::vector<int> kept{lock.fd(), theirs.get()};
    FLATLAN_TRY(supervisor,
                launch([&] { return supervise(task, StartReporter{std::move(theirs)}); },
                       runtime.log_path(spec.name), kept));
    Undo end_it{[&] {
        kill(supervisor.pid, SIGKILL);
        waitpid(supervisor.pid, nullptr, 0);
    }};
    theirs = UniqueFd{};  // so that its end is seen when the supervisor's is the last one
    const StartListener listener{std::move(ours)};
    FLATLAN_TRY_VOID(wait_until_running(supervisor, listener, interrupts,
                                        runtime.log_path(spec.name), progress));
    end_it.disarm();
    discard.disarm();
    return get_status(spec.name);
}

}  // namespace flatlan::lab
