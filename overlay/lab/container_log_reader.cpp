#include "overlay/lab/container_log_reader.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <deque>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "overlay/lab/runtime_directory.hpp"
#include "overlay/linux/unique_fd.hpp"

namespace flatlan::lab {
namespace {

constexpr int kWaitMilliseconds = 500;

/// The numbers of the runs that left a log.
std::vector<unsigned long> runs_in(const std::string& folder) {
    std::vector<unsigned long> runs;
    std::error_code failed;
    for (const auto& each : std::filesystem::directory_iterator{folder, failed}) {
        const std::string name = each.path().filename().string();
        unsigned long run = 0;
        const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), run);
        if (wrong == std::errc{} && std::string_view{end} == ".log") runs.push_back(run);
    }
    std::sort(runs.begin(), runs.end());
    return runs;
}

std::uint64_t inode_of(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

/// Reads whole lines from `offset` on and moves it behind them.
void read_lines(const std::string& path, std::size_t& offset, const LogSink& sink) {
    std::ifstream file{path, std::ios::binary};
    file.seekg(static_cast<std::streamoff>(offset));
    for (std::string text; std::getline(file, text) && !file.eof();) {
        offset += text.size() + 1;
        if (auto line = LogLine::from_text(text)) sink(*line);
    }
}

/// The file, and what it was renamed to when it was full, the oldest first.
std::vector<std::string> files_of(const std::string& path) {
    std::vector<std::string> files{path};
    for (unsigned number = 1; inode_of(path + "." + std::to_string(number)) != 0; ++number)
        files.push_back(path + "." + std::to_string(number));
    std::reverse(files.begin(), files.end());
    return files;
}

}  // namespace

std::optional<LogLine> LogLine::from_text(std::string_view text) {
    const auto time_end = text.find(' ');
    const auto stream_end = text.find(' ', time_end + 1);
    if (time_end == text.npos || stream_end == text.npos || text.size() < stream_end + 3)
        return std::nullopt;
    return LogLine{.time = std::string{text.substr(0, time_end)},
                   .stream = std::string{text.substr(time_end + 1, stream_end - time_end - 1)},
                   .text = std::string{text.substr(stream_end + 3)},
                   .goes_on = text[stream_end + 1] == 'P'};
}

Result<ContainerLogReader> ContainerLogReader::open(const LabName& lab, const LogWanted& wanted) {
    FLATLAN_TRY(runtime, RuntimeDirectory::open());
    const std::string folder = runtime.logs_folder(lab) + "/" + wanted.pod.pod_namespace() + "_" +
                               wanted.pod.name() + "/" + wanted.container;
    const auto runs = runs_in(folder);
    const std::string name =
        "container '" + wanted.container + "' of pod '" + to_short_string(wanted.pod) + "'";
    if (runs.empty())
        return Error{ErrorCode::not_found, name + " has not been started, so there is no log"};
    if (wanted.previous && runs.size() < 2)
        return Error{ErrorCode::not_found, name + " has no previous run"};
    const unsigned long run = wanted.previous ? runs[runs.size() - 2] : runs.back();
    return ContainerLogReader{folder + "/" + std::to_string(run) + ".log", wanted};
}

Result<void> ContainerLogReader::read(const LogSink& sink) {
    std::deque<LogLine> last;
    const LogSink choose = [&](const LogLine& line) {
        if (!wanted_.since.empty() && line.time < wanted_.since) return;
        if (!wanted_.tail) return sink(line);
        last.push_back(line);
        if (last.size() > *wanted_.tail) last.pop_front();
    };
    for (const std::string& file : files_of(path_)) {
        inode_ = inode_of(file);
        offset_ = 0;
        read_lines(file, offset_, choose);
    }
    for (const LogLine& line : last)
        sink(line);
    return success();
}

Result<void> ContainerLogReader::follow(const LogSink& sink) {
    const UniqueFd changes{inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    const std::string folder = path_.substr(0, path_.rfind('/'));
    if (!changes ||
        inotify_add_watch(changes.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
        return Error::from_errno(errno, "watch log " + path_);
    FLATLAN_TRY_VOID(read_new(sink));  // what came before the watch
    pollfd wait{changes.get(), POLLIN, 0};
    if (poll(&wait, 1, kWaitMilliseconds) < 0 && errno != EINTR)
        return Error::from_errno(errno, "wait for log " + path_);
    return read_new(sink);
}

/// The rest of the file that was being read, under whatever name it is now, and the newer ones.
Result<void> ContainerLogReader::read_new(const LogSink& sink) {
    const auto files = files_of(path_);
    auto current = std::find_if(files.begin(), files.end(),
                                [&](const auto& file) { return inode_of(file) == inode_; });
    if (current == files.end()) {  // renamed so often meanwhile that it is lost
        current = files.begin();
        offset_ = 0;
    }
    for (; current != files.end(); ++current, offset_ = 0) {
        inode_ = inode_of(*current);
        read_lines(*current, offset_, sink);
        if (current + 1 == files.end()) break;
    }
    return success();
}

}  // namespace flatlan::lab
