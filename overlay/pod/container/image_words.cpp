#include "overlay/pod/container/image_words.hpp"

#include <charconv>
#include <csignal>
#include <cstring>

namespace flatlan::pod {
namespace {

/// What an image says is taken as it is: only a manifest's words are expanded.
std::vector<std::string> literal(const std::vector<std::string>& words) {
    std::vector<std::string> escaped;
    for (const std::string& word : words) {
        std::string& out = escaped.emplace_back();
        for (const char letter : word)
            out += letter == '$' ? std::string{"$$"} : std::string{letter};
    }
    return escaped;
}

}  // namespace

ContainerSpec with_image_words(ContainerSpec container, const ImageConfig& image) {
    if (container.command.empty()) {
        if (container.args.empty()) container.args = literal(image.arguments);
        container.command = literal(image.entrypoint);
    }
    if (container.working_dir.empty()) container.working_dir = image.working_dir;
    return container;
}

void add_variables(const std::vector<std::string>& lines,
                   std::map<std::string, std::string>& into) {
    for (const std::string& line : lines)
        if (const auto equals = line.find('='); equals != line.npos)
            into[line.substr(0, equals)] = line.substr(equals + 1);
}

std::optional<int> signal_from_text(std::string_view text) {
    int number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed == std::errc{} && end == text.data() + text.size() && number > 0 && number < NSIG)
        return number;
    if (text.starts_with("SIG")) text.remove_prefix(3);
    for (int each = 1; each < NSIG; ++each)
        if (const char* name = sigabbrev_np(each); name != nullptr && text == name) return each;
    return std::nullopt;
}

}  // namespace flatlan::pod
