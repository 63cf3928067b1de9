#include "overlay/pod/lifecycle/environment.hpp"

namespace flatlan::pod {

std::string expand_variables(std::string_view text,
                             const std::map<std::string, std::string>& variables) {
    std::string expanded;
    while (!text.empty()) {
        const auto dollar = text.find('$');
        expanded += text.substr(0, dollar);
        if (dollar == text.npos) break;
        text.remove_prefix(dollar);
        const auto close = text.starts_with("$(") ? text.find(')') : text.npos;
        std::size_t taken = 1;
        if (text.starts_with("$$")) {
            expanded += '$';
            taken = 2;
        } else if (close != text.npos) {
            const auto found = variables.find(std::string{text.substr(2, close - 2)});
            taken = close + 1;
            expanded += found == variables.end() ? text.substr(0, taken) : found->second;
        } else {
            expanded += '$';
        }
        text.remove_prefix(taken);
    }
    return expanded;
}

ProcessWords process_words(const ContainerSpec& container,
                           const std::map<std::string, std::string>& defaults,
                           const std::map<std::string, std::string>& fields) {
    std::map<std::string, std::string> all = defaults;
    std::map<std::string, std::string> own;
    for (const EnvironmentVariable& variable : container.environment) {
        std::string value;
        if (variable.field_path.empty())
            value = expand_variables(variable.value, own);
        else if (const auto field = fields.find(variable.field_path); field != fields.end())
            value = field->second;
        own[variable.name] = all[variable.name] = value;
    }
    ProcessWords words;
    for (const auto* part : {&container.command, &container.args})
        for (const std::string& word : *part)
            words.arguments.push_back(expand_variables(word, own));
    for (const auto& [name, value] : all) {
        std::string line = name;
        line += '=';
        line += value;
        words.environment.push_back(std::move(line));
    }
    return words;
}

}  // namespace flatlan::pod
