#include "overlay/pod/container/container_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "overlay/pod/container/process.hpp"

namespace flatlan::pod {
namespace {

constexpr std::string_view kStreamNames[] = {"stdout", "stderr"};

Result<UniqueFd> open_new(const std::string& path) {
    UniqueFd file{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)};
    if (!file) return Error::from_errno(errno, "write log " + path);
    return file;
}

void add_piece(std::string& lines, const std::string& head, std::string_view tag,
               std::string_view text) {
    lines += head;
    lines += tag;
    lines += text;
    lines += '\n';
}

/// A line of the program: one of the log, or several when it is long.
void add_line(std::string& lines, const std::string& head, std::string_view text) {
    for (; text.size() > ContainerLog::kLineSizeMaxBytes;
         text.remove_prefix(ContainerLog::kLineSizeMaxBytes))
        add_piece(lines, head, "P ", text.substr(0, ContainerLog::kLineSizeMaxBytes));
    add_piece(lines, head, "F ", text);
}

}  // namespace

std::string log_time(const timespec& at) {
    tm utc{};
    gmtime_r(&at.tv_sec, &utc);
    std::array<char, 64> text{};
    const std::size_t length = strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    const int rest =
        std::snprintf(text.data() + length, text.size() - length, ".%09ldZ", at.tv_nsec);
    return {text.data(), length + static_cast<std::size_t>(rest)};
}

timespec wall_clock() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return time;
}

Result<ContainerLog> ContainerLog::create(const std::string& path) {
    FLATLAN_TRY_VOID(make_folders(path.substr(0, path.rfind('/'))));
    FLATLAN_TRY(file, open_new(path));
    return ContainerLog{path, std::move(file)};
}

Result<void> ContainerLog::append(LogStream stream, std::string_view text, const timespec& at) {
    const auto index = static_cast<std::size_t>(stream);
    const std::string head = log_time(at) + " " + std::string{kStreamNames[index]} + " ";
    std::string& partial = partial_[index];
    std::string lines;
    for (std::size_t end = 0; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
        add_line(lines, head, partial + std::string{text.substr(0, end)});
        partial.clear();
        if (lines.size() >= kFileSizeMaxBytes / 2)
            FLATLAN_TRY_VOID(write_lines(std::exchange(lines, {})));
    }
    partial += text;
    while (partial.size() > kLineSizeMaxBytes) {
        add_piece(lines, head, "P ", std::string_view{partial}.substr(0, kLineSizeMaxBytes));
        partial.erase(0, kLineSizeMaxBytes);
    }
    return lines.empty() ? success() : write_lines(lines);
}

/// Where it cannot be written, `ps` still says it.
void ContainerLog::note(const std::string& text, const timespec& at) {
    static_cast<void>(append(LogStream::error, "flatlan: " + text + "\n", at));
}

Result<void> ContainerLog::finish(const timespec& at) {
    std::string lines;
    for (std::size_t i = 0; i < 2; ++i) {
        if (partial_[i].empty()) continue;
        add_line(lines, log_time(at) + " " + std::string{kStreamNames[i]} + " ", partial_[i]);
        partial_[i].clear();
    }
    return lines.empty() ? success() : write_lines(lines);
}

Result<void> ContainerLog::write_lines(const std::string& lines) {
    if (size_bytes_ > 0 && size_bytes_ + lines.size() > kFileSizeMaxBytes)
        FLATLAN_TRY_VOID(rotate());
    std::string_view rest = lines;
    while (!rest.empty()) {
        const ssize_t written = write(file_.get(), rest.data(), rest.size());
        if (written < 0) return Error::from_errno(errno, "write log " + path_);
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    size_bytes_ += lines.size();
    return success();
}

/// The new file first: where none can be made, the older ones stay.
Result<void> ContainerLog::rotate() {
    const std::string fresh = path_ + ".new";
    FLATLAN_TRY(file, open_new(fresh));
    for (unsigned number = kFilesMax - 1; number > 0; --number) {
        const std::string older = path_ + "." + std::to_string(number);
        const std::string newer = number == 1 ? path_ : path_ + "." + std::to_string(number - 1);
        if (rename(newer.c_str(), older.c_str()) != 0 && errno != ENOENT)
            return Error::from_errno(errno, "rotate log " + path_);
    }
    if (rename(fresh.c_str(), path_.c_str()) != 0)
        return Error::from_errno(errno, "rotate log " + path_);
    file_ = std::move(file);
    size_bytes_ = 0;
    return success();
}

}  // namespace flatlan::pod
