#include <charconv>
#include <ostream>

#include "tools/cli/ipam_choice.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/trace/answer.hpp"

namespace flatlan::cli {
namespace {

Result<std::optional<Port>> service_of(const Arguments& arguments) {
    std::optional<Port> port;
    if (!arguments.has("port")) return port;
    const std::string& text = arguments.value("port");
    unsigned number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = failed == std::errc{} && end == text.data() + text.size();
    if (!is_number || number == 0 || number > 65535)
        return Error{ErrorCode::invalid_argument, "'" + text + "' is no port"}
            .at("--port")
            .expecting("1 to 65535");
    port = Port{static_cast<std::uint16_t>(number)};
    return port;
}

/// A port without a protocol is one of TCP.
Result<probe::Protocol> protocol_of(const Arguments& arguments,
                                    const std::optional<Port>& service) {
    const bool named = arguments.has("protocol");
    FLATLAN_TRY(protocol,
                probe::protocol_from_text(!named && service ? "tcp" : arguments.value("protocol")));
    if (service && protocol == probe::Protocol::icmp)
        return Error{ErrorCode::invalid_argument, "ICMP has no ports"}.at("--port").expecting(
            "--protocol udp or tcp");
    return protocol;
}

/// A packet is of one family, and so are both addresses where both are told.
Result<void> check_one_family(const std::string& from, const std::string& to) {
    const auto source = IpAddress::from_text(from);
    const auto destination = IpAddress::from_text(to);
    if (!source || !destination || source.value().family() == destination.value().family())
        return success();
    return Error{ErrorCode::invalid_argument,
                 from + " and " + to + " are addresses of two families, and a packet is of one"}
        .expecting("two of IPv4 or two of IPv6, or a name for one of them");
}

std::optional<IpFamily> family_of(const Arguments& arguments) {
    if (!arguments.has("family")) return std::nullopt;
    return arguments.value("family") == "4" ? IpFamily::ipv4 : IpFamily::ipv6;
}

/// Empty where none is wanted.
Result<std::string> capture_file_of(const Arguments& arguments) {
    const std::string& file = arguments.value("pcap");
    if (file != "-") return file;
    return Error{ErrorCode::invalid_argument, "standard output has the answer"}
        .at("--pcap")
        .expecting("a file; 'flatlan capture --pcap -' writes into a pipe");
}

Result<trace::TraceWanted> wanted_of(const Arguments& arguments, const lab::LabStatus& status) {
    FLATLAN_TRY_VOID(check_one_family(arguments.value("FROM"), arguments.value("TO")));
    FLATLAN_TRY(from, find_member(status, arguments.value("FROM")));
    FLATLAN_TRY(to, find_member(status, arguments.value("TO")));
    trace::TraceWanted wanted{.from = from.place(), .to = to.place()};
    const bool both_ipv4 = from.addresses().ipv4 && to.addresses().ipv4;
    wanted.family = both_ipv4 ? IpFamily::ipv4 : IpFamily::ipv6;
    // An address says which family is meant.
    for (const char* const word : {"FROM", "TO"})
        if (const auto address = IpAddress::from_text(arguments.value(word)))
            wanted.family = address.value().family();
    wanted.family = family_of(arguments).value_or(wanted.family);
    FLATLAN_TRY(service, service_of(arguments));
    wanted.service = service;
    FLATLAN_TRY(protocol, protocol_of(arguments, service));
    wanted.protocol = protocol;
    wanted.keep_frames = arguments.has("pcap");
    return wanted;
}

Result<trace::TraceAnswer> trace_lab(LabService& labs, const Arguments& arguments) {
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(status, labs.status(lab));
    FLATLAN_TRY(wanted, wanted_of(arguments, status));
    return labs.trace(lab, status, wanted);
}

Result<trace::TraceAnswer> trace_cluster(const ClusterTrace& trace, const Arguments& arguments) {
    if (arguments.has("lab"))
        return Error{ErrorCode::invalid_argument, "a lab is no cluster of this machine's flatland"}
            .at("--cluster")
            .expecting("--cluster, or a lab");
    trace::TraceWish wish{.from = arguments.value("FROM"), .to = arguments.value("TO")};
    for (const std::string& name : {wish.from, wish.to})
        if (name.empty() || name.find_first_of(" \n") != name.npos)
            return Error{ErrorCode::invalid_argument, "no pod or node is called '" + name + "'"};
    FLATLAN_TRY_VOID(check_one_family(wish.from, wish.to));
    wish.family = family_of(arguments);
    FLATLAN_TRY(service, service_of(arguments));
    wish.service = service;
    FLATLAN_TRY(protocol, protocol_of(arguments, service));
    wish.protocol = protocol;
    wish.keep_frames = arguments.has("pcap");
    return trace(socket_of(arguments), wish);
}

Result<ExitStatus> run(LabService& labs, const ClusterTrace& cluster, const Arguments& arguments,
                       Console& console) {
    const bool of_cluster = arguments.has("cluster");
    if (!of_cluster && arguments.has("socket"))
        return Error{ErrorCode::invalid_argument, "--socket is of the flatland that --cluster asks"}
            .at("--socket")
            .expecting("--cluster --socket FILE");
    FLATLAN_TRY(file, capture_file_of(arguments));
    FLATLAN_TRY(answer,
                of_cluster ? trace_cluster(cluster, arguments) : trace_lab(labs, arguments));
    console.out << (arguments.json() ? trace::report_json(answer.report) + "\n"
                                     : trace::report_text(answer.report));
    // Last, so that a file that cannot be written does not take the report with it.
    if (!file.empty()) FLATLAN_TRY_VOID(trace::write_capture(file, answer.capture));
    return answer.report.delivered() ? ExitStatus::yes : ExitStatus::no;
}

}  // namespace

Verb trace_verb(LabService& labs, ClusterTrace cluster) {
    return {
        .usage =
            {.verb = "trace",
             .summary = "Follow a packet from hop to hop and say what is wrong",
             .description =
                 "Walks the way there and back by each hop's own tables, sends real packets\n"
                 "that it captures at every device on the way, and has the kernel say which\n"
                 "rules they meet. It ends in one verdict: where it goes wrong, why, what was\n"
                 "seen, and a command that mends it. Exit status: 0 delivered, 1 not.\n\n"
                 "With --cluster it is the cluster that this machine is a node of: the flatland\n"
                 "of each end's node, asked through the registry, does so for its own part of\n"
                 "the way. A pod is NAMESPACE/POD; CNI_CONTAINERID where nobody named it so.",
             .positionals = {{.name = "FROM",
                              .summary = "[NAMESPACE/]POD, node/NAME, or an address",
                              .completion = Completion::target},
                             {.name = "TO",
                              .summary = "[NAMESPACE/]POD, node/NAME, or an address",
                              .completion = Completion::target}},
             .options = {lab_option(),
                         output_option(),
                         {.name = "family",
                          .value = "4|6",
                          .summary = "Over this family of addresses",
                          .choices = {"4", "6"}},
                         {.name = "protocol",
                          .value = "PROTOCOL",
                          .summary = "By icmp, udp or tcp",
                          .choices = {"icmp", "udp", "tcp"},
                          .preset = "icmp"},
                         {.name = "port",
                          .value = "PORT",
                          .summary = "To a service at this port of TO; TCP unless told"},
                         {.name = "pcap",
                          .value = "FILE",
                          .summary = "Write what was captured, for Wireshark",
                          .completion = Completion::file},
                         {.name = "cluster",
                          .summary = "Through the cluster, by each end's flatland"},
                         socket_option()},
             .examples = {{"flatlan trace pod-1 pod-2", "the way of a ping"},
                          {"flatlan trace web db --port 5432", "does anybody listen there?"},
                          {"flatlan trace pod-1 pod-2 --pcap way.pcapng", "and keep it"},
                          {"flatlan trace --cluster node/n1 default/web", "real machines"}},
             .synonyms = {"traceroute", "tracepath", "mtr", "explain", "why"}},
        .run = [&labs, cluster = std::move(cluster)](const Arguments& arguments, Console& console) {
            return run(labs, cluster, arguments, console);
        }};
}

}  // namespace flatlan::cli
