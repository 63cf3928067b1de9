#include "overlay/lab/start_report.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "overlay/lab/api_message.hpp"

namespace flatlan::lab {
namespace {

using Json = nlohmann::ordered_json;

/// An error's text is bounded by what the kernel and the lab file say; a longer one is cut by
/// nobody.
constexpr std::size_t kMessageSizeMaxBytes = 64U << 10U;

Result<std::optional<StartReport>> report_from(std::string_view text) {
    try {
        const Json json = Json::parse(text);
        StartReport report;
        if (json.contains("error")) report.failure = error_from_json(text);
        if (json.contains("stage"))
            report.step =
                Progress{json.at("stage").get<std::string>(), json.at("done").get<std::size_t>(),
                         json.at("total").get<std::size_t>()};
        report.running = json.contains("running");
        return std::optional{std::move(report)};
    } catch (const Json::exception& thrown) {
        return Error{ErrorCode::corrupt,
                     std::string{"read the supervisor's report: "} + thrown.what()};
    }
}

}  // namespace

Result<void> StartReporter::send(const std::string& message) const {
    if (::send(channel_.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0)
        return Error::from_errno(errno, "report to the process that started the lab")
            .as(ErrorCode::unavailable);
    return success();
}

Result<void> StartReporter::step(const Progress& progress) const {
    const Json json{{"stage", progress.stage}, {"done", progress.done}, {"total", progress.total}};
    return send(json.dump());
}

Result<void> StartReporter::running() const { return send(Json{{"running", true}}.dump()); }

void StartReporter::failed(const Error& error) const {
    static_cast<void>(send(error_to_json(error)));
}

Result<std::optional<StartReport>> StartListener::receive() const {
    std::string message(kMessageSizeMaxBytes, '\0');
    const ssize_t size = recv(channel_.get(), message.data(), message.size(), 0);
    if (size < 0) return Error::from_errno(errno, "hear from the supervisor");
    if (size == 0) return std::optional<StartReport>{};
    message.resize(static_cast<std::size_t>(size));
    return report_from(message);
}

Result<std::pair<UniqueFd, UniqueFd>> make_start_channel() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return Error::from_errno(errno, "make the channel to the supervisor");
    return std::pair{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

}  // namespace flatlan::lab
