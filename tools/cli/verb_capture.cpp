#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <ostream>

#include "overlay/probe/trace/pcapng.hpp"
#include "tools/capture/packet_words.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::cli {
namespace {

constexpr std::string_view kAll = "all";
constexpr std::string_view kStandardOutput = "-";

Result<std::uint64_t> whole_number(const Arguments& arguments, const std::string& flag,
                                   std::uint64_t most) {
    const std::string& text = arguments.value(flag);
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = failed == std::errc{} && end == text.data() + text.size();
    if (!is_number || number == 0 || number > most)
        return Error{ErrorCode::invalid_argument, "'" + text + "' is none"}
            .at("--" + flag)
            .expecting("a whole number from 1 to " + std::to_string(most));
    return number;
}

Result<capture::CaptureWanted> wanted_of(const Arguments& arguments, const lab::LabStatus& status) {
    constexpr std::uint64_t kPacketsMax = 1'000'000'000'000;
    constexpr std::uint64_t kSecondsMax = 31 * 86'400;
    capture::CaptureWanted wanted{.places = {}, .filter = arguments.value("FILTER")};
    if (arguments.value("POD") != kAll) {
        FLATLAN_TRY(target, find_target(status, arguments.value("POD")));
        if (target.registry != nullptr)
            return Error{ErrorCode::invalid_argument, "nothing is captured at the node of etcd"}
                .expecting("underlay, by which its packets pass; a pod, a node, or all");
        wanted.places.push_back(target.place());
    }
    if (arguments.has("count")) {
        FLATLAN_TRY(count, whole_number(arguments, "count", kPacketsMax));
        wanted.packets = count;
    }
    if (arguments.has("duration")) {
        FLATLAN_TRY(seconds, whole_number(arguments, "duration", kSecondsMax));
        wanted.after = std::chrono::seconds{seconds};
    }
    return wanted;
}

/// The capture as a file that grows with it.
class CaptureFile {
public:
    /// Error invalid_argument when it cannot be written.
    static Result<CaptureFile> open(const std::string& path, Console& console) {
        if (path == kStandardOutput) return CaptureFile{path, {}, &console.out};
        std::ofstream file{path, std::ios::binary | std::ios::trunc};
        if (!file) return failed(path);
        return CaptureFile{path, std::move(file), nullptr};
    }

    Result<void> add(const capture::CapturedPacket& packet) {
        made_.add(packet.place + " " + packet.device, packet.frame.layer, packet.frame.outgoing,
                  packet.frame.at, packet.frame.octets);
        return write();
    }
    /// What has been added, if only the file's beginning.
    Result<void> write() {
        const auto octets = made_.take_bytes();
        std::ostream& out = standard_output_ != nullptr ? *standard_output_ : file_;
        out.write(reinterpret_cast<const char*>(octets.data()),
                  static_cast<std::streamsize>(octets.size()));
        out.flush();
        if (!out) return failed(path_);
        return success();
    }

private:
    CaptureFile(std::string path, std::ofstream file, std::ostream* standard_output)
        : path_{std::move(path)}, file_{std::move(file)}, standard_output_{standard_output} {}
    static Error failed(const std::string& path) {
        return Error{ErrorCode::invalid_argument,
                     "cannot write '" + path + "': " + std::strerror(errno)}
            .at("--pcap");
    }

    std::string path_;
    std::ofstream file_;
    std::ostream* standard_output_;
    trace::PcapngFile made_;
};

/// Octets are not for a person's screen.
Result<void> check_screen(const Arguments& arguments, const Console& console) {
    if (arguments.value("pcap") != kStandardOutput || !console.out_terminal.interactive)
        return success();
    return Error{ErrorCode::invalid_argument, "a terminal shows no pcapng"}.at("--pcap").expecting(
        "a file, or '-' with a pipe");
}

std::string counted(std::uint64_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(status, labs.status(lab));
    FLATLAN_TRY(wanted, wanted_of(arguments, status));
    FLATLAN_TRY_VOID(check_screen(arguments, console));
    std::optional<CaptureFile> file;
    const bool prints = arguments.value("pcap") != kStandardOutput;
    // Not before the capture runs, so that one that cannot leaves an earlier file as it is.
    const auto started = [&](std::size_t places) -> Result<void> {
        if (arguments.has("pcap")) {
            FLATLAN_TRY(opened, CaptureFile::open(arguments.value("pcap"), console));
            file = std::move(opened);
            FLATLAN_TRY_VOID(file->write());
        }
        console.err << "capturing on " << counted(places, "place") << "; Ctrl-C ends it\n"
                    << std::flush;
        return success();
    };
    const auto told = [&](const capture::CapturedPacket& packet) -> Result<void> {
        if (file) FLATLAN_TRY_VOID(file->add(packet));
        if (!prints) return success();
        console.out << (arguments.json() ? capture::packet_json(packet, status.tunnel_port)
                                         : capture::packet_text(packet, status.tunnel_port))
                    << '\n'
                    << std::flush;
        return success();
    };
    FLATLAN_TRY(totals, labs.capture(lab, status, wanted, started, told));
    console.err << counted(totals.packets, "packet") << " captured, " << totals.lost
                << " lost because they were not read in time\n";
    return ExitStatus::yes;
}

}  // namespace

Verb capture_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "capture",
             .summary = "Show packets as they pass, outer and inner headers",
             .description =
                 "Shows every packet that passes a device of a pod or node, or of all of them\n"
                 "and the underlay: where it was seen, its headers, and those of the packet that\n"
                 "a tunnel's packet carries. A packet that passes several devices is shown at\n"
                 "each. FILTER is one of pcap-filter(7), as tcpdump takes it. Ctrl-C ends it.",
             .positionals = {{.name = "POD",
                              .summary = "[NAMESPACE/]POD, node/NAME, an address, underlay, or all",
                              .completion = Completion::target},
                             {.name = "FILTER",
                              .summary = "Which packets, in one word: 'icmp or port 80'",
                              .required = false}},
             .options =
                 {lab_option(),
                  output_option(),
                  {.name = "count", .letter = 'c', .value = "N", .summary = "End after N packets"},
                  {.name = "duration", .value = "SECONDS", .summary = "End after so long"},
                  {.name = "pcap",
                   .value = "FILE",
                   .summary = "Keep them in FILE for Wireshark; '-' is a pipe",
                   .completion = Completion::file}},
             .examples = {{"flatlan capture pod-1", "all of pod-1's packets"},
                          {"flatlan capture node/n1 'udp port 4789'", "a node's tunnel"},
                          {"flatlan capture all icmp -c 20", "a ping's way through the lab"},
                          {"flatlan capture all --pcap lab.pcapng", "and keep it"},
                          {"flatlan capture node/n1 --pcap - | tshark -r -", "for other programs"}},
             .synonyms = {"tcpdump", "sniff", "tshark", "wireshark", "dump"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
