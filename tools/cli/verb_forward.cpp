#include <ostream>

#include "overlay/base/text.hpp"
#include "tools/cli/lab_words.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/forward/forward_words.hpp"

namespace flatlan::cli {
namespace {

Result<forward::ForwardWanted> wanted_of(const Arguments& arguments, const lab::LabStatus& status) {
    FLATLAN_TRY(pod, find_pod(status, arguments.value("POD")));
    FLATLAN_TRY(ports, forward::port_pairs_from(arguments.repeated()));
    FLATLAN_TRY(addresses, forward::addresses_from_text(arguments.value("address")));
    return forward::ForwardWanted{std::move(pod), std::move(ports), std::move(addresses)};
}

Result<ExitStatus> run(LabService& labs, const Arguments& arguments, Console& console) {
    FLATLAN_TRY(lab, labs.choose(arguments.value("lab")));
    FLATLAN_TRY(status, labs.status(lab));
    FLATLAN_TRY(wanted, wanted_of(arguments, status));
    const auto started = [&](std::span<const forward::Listener> listeners) {
        for (const forward::Listener& each : listeners)
            console.out << (arguments.json() ? forward::listening_json(each, wanted.pod, lab.name)
                                             : forward::listening_text(each, wanted.pod))
                        << '\n';
        console.out << std::flush;
    };
    const auto failed = [&](Port port, const Error& why) {
        const std::string text =
            to_string(wanted.pod) + ":" + std::to_string(port.value()) + ": " + why.to_string();
        console.err << styled(console.err_terminal, Style::bad, "flatlan:") << ' '
                    << for_terminal(text) << '\n'
                    << std::flush;
    };
    FLATLAN_TRY_VOID(labs.forward(lab, wanted, {started, failed}));
    return ExitStatus::yes;
}

}  // namespace

Verb forward_verb(LabService& labs) {
    return {
        .usage =
            {.verb = "forward",
             .summary = "Reach a pod's port from this machine, as with a browser",
             .description =
                 "Listens on this machine's loopback at LOCAL and carries each TCP connection to\n"
                 "PORT of a pod, until Ctrl-C. Inside the pod it is opened to 127.0.0.1, so that\n"
                 "a server is reached that listens there alone; where nothing does, to ::1, then\n"
                 "to the pod's addresses. A pod that is made anew meanwhile is found again. A\n"
                 "connection that cannot be made is told on standard error and ends nothing else.",
             .positionals = {{.name = "POD",
                              .summary = "[NAMESPACE/]POD or its address",
                              .completion = Completion::pod},
                             {.name = "PORT",
                              .summary =
                                  "[LOCAL:]PORT: 80, 8080:80, or ':80' for any LOCAL that is free",
                              .repeated = true}},
             .options = {lab_option(),
                         output_option(),
                         {.name = "address",
                          .value = "ADDRESS,...",
                          .summary = "Where to listen",
                          .preset = "localhost"}},
             .examples = {{"flatlan forward web 8080:80", "then see http://localhost:8080"},
                          {"flatlan forward web 8080 9090:90", "two ports"},
                          {"flatlan forward shop/db :5432", "any port, which is printed"},
                          {"flatlan forward web 80 --address 10.0.0.1", "for other machines"}},
             .synonyms = {"port-forward", "portforward", "proxy", "expose", "publish"}},
        .run = [&labs](const Arguments& arguments, Console& console) {
            return run(labs, arguments, console);
        }};
}

}  // namespace flatlan::cli
