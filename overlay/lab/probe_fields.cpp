#include <chrono>

#include "overlay/base/text.hpp"
#include "overlay/lab/pod_fields.hpp"

namespace flatlan::lab {
namespace {

constexpr std::uint64_t kSecondsMax = 86'400;
constexpr std::uint64_t kThresholdMax = 1'000;

/// A port by its number, or by its name in the container's list of ports.
Result<Port> read_port(const YamlField& action, const YamlField& container) {
    FLATLAN_TRY(field, action.get("port"));
    FLATLAN_TRY(text, field.text());
    if (!text.empty() && text.find_first_not_of("0123456789") != text.npos) {
        const auto ports = container.find_set("ports");
        const std::vector<YamlField> items =
            ports && ports->items() ? ports->items().value() : std::vector<YamlField>{};
        for (const YamlField& item : items) {
            const YamlNode* name = item.node().find("name");
            if (name == nullptr || name->text != text) continue;
            FLATLAN_TRY(named, item.get("containerPort"));
            FLATLAN_TRY(number, named.number(1, 65535));
            return Port{static_cast<std::uint16_t>(number)};
        }
        return field.error("is " + quoted(text) + ", which is no name of the container's ports")
            .expecting("a number from 1 to 65535, or the name of a port");
    }
    FLATLAN_TRY(number, field.number(1, 65535));
    return Port{static_cast<std::uint16_t>(number)};
}

Result<void> read_action(ManifestReader& reader, const YamlField& probe, const YamlField& container,
                         pod::Probe& into) {
    if (const auto exec = probe.find_set("exec")) {
        FLATLAN_TRY(command, exec->get("command"));
        FLATLAN_TRY(words, read_texts(command));
        if (words.empty()) return command.wrong_kind("a program and its arguments");
        into.action = pod::ExecAction{std::move(words)};
    } else if (const auto tcp = probe.find_set("tcpSocket")) {
        reader.note_unused(*tcp, {"port"});
        FLATLAN_TRY(port, read_port(*tcp, container));
        into.action = pod::TcpAction{port};
    } else if (const auto http = probe.find_set("httpGet")) {
        reader.note_unused(*http, {"port", "path", "scheme"});
        FLATLAN_TRY(port, read_port(*http, container));
        pod::HttpAction action{.port = port};
        if (const auto path = http->find_set("path")) {
            FLATLAN_TRY(text, path->text());
            action.path = text.starts_with('/') ? std::string{text} : "/" + std::string{text};
            if (text.find(' ') != text.npos) return path->wrong_kind("a path without spaces");
        }
        if (const auto scheme = http->find_set("scheme"))
            FLATLAN_TRY_VOID(scheme->word({"HTTP"}, {"HTTPS"}));
        into.action = std::move(action);
    } else {
        return probe.error("says nothing that could be tried")
            .expecting("exec, tcpSocket or httpGet in it");
    }
    return success();
}

Result<void> read_span(const YamlField& probe, std::string_view key, std::uint64_t least,
                       Duration& into) {
    const auto field = probe.find_set(key);
    if (!field) return success();
    FLATLAN_TRY(seconds, field->number(least, kSecondsMax));
    into = std::chrono::seconds{seconds};
    return success();
}

Result<void> read_threshold(const YamlField& probe, std::string_view key, std::uint32_t& into) {
    const auto field = probe.find_set(key);
    if (!field) return success();
    FLATLAN_TRY(number, field->number(1, kThresholdMax));
    into = static_cast<std::uint32_t>(number);
    return success();
}

}  // namespace

Result<pod::Probe> read_probe(ManifestReader& reader, const YamlField& probe,
                              const YamlField& container) {
    FLATLAN_TRY_VOID(probe.is_mapping());
    reader.note_unused(probe,
                       {"exec", "tcpSocket", "httpGet", "initialDelaySeconds", "periodSeconds",
                        "timeoutSeconds", "successThreshold", "failureThreshold"});
    pod::Probe read{.action = pod::TcpAction{Port::any()}};
    FLATLAN_TRY_VOID(read_action(reader, probe, container, read));
    FLATLAN_TRY_VOID(read_span(probe, "initialDelaySeconds", 0, read.initial_delay));
    FLATLAN_TRY_VOID(read_span(probe, "periodSeconds", 1, read.period));
    FLATLAN_TRY_VOID(read_span(probe, "timeoutSeconds", 1, read.timeout));
    FLATLAN_TRY_VOID(read_threshold(probe, "successThreshold", read.success_threshold));
    FLATLAN_TRY_VOID(read_threshold(probe, "failureThreshold", read.failure_threshold));
    return read;
}

}  // namespace flatlan::lab
