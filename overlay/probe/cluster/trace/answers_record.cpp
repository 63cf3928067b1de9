#include "overlay/probe/cluster/trace/answers_record.hpp"

#include "overlay/control/record_text.hpp"
#include "overlay/probe/cluster/words.hpp"

namespace flatlan::trace {
namespace {

constexpr std::string_view kAnswers = "trace-answers";
constexpr std::string_view kCount = "count";
constexpr std::string_view kLine = "line";

}  // namespace

Result<std::string> answers_record(const std::vector<std::string>& answers) {
    control::RecordWriter writer{kAnswers};
    writer.field(kCount, std::to_string(answers.size()));
    for (std::size_t i = 0; i < answers.size(); ++i)
        for (const std::string_view line : probe::split_words(answers[i], '\n'))
            if (!line.empty()) writer.field(kLine, std::to_string(i) + " " + std::string{line});
    if (writer.text().size() <= kAnswersMaxBytes) return writer.text();
    return Error{ErrorCode::exhausted, "several answers are " +
                                           std::to_string(writer.text().size()) + " octets, and " +
                                           std::to_string(kAnswersMaxBytes) + " are told at once"};
}

Result<std::vector<std::string>> answers_from_record(std::string_view text, std::size_t count) {
    if (text.size() > kAnswersMaxBytes)
        return control::corrupt(kAnswers, "it has " + std::to_string(text.size()) + " octets");
    FLATLAN_TRY(reader, control::RecordReader::from(kAnswers, text));
    FLATLAN_TRY(told, reader.number_of(kCount));
    if (told != count) return reader.wrong(kCount, "is not " + std::to_string(count));
    std::vector<std::string> answers(count);
    for (const std::string_view field : reader.all(kLine)) {
        const std::size_t space = field.find(' ');
        const auto number = control::number(field.substr(0, space));
        if (space == field.npos || !number || *number >= count)
            return reader.wrong(kLine, "is of no answer");
        answers[*number].append(field.substr(space + 1)).append("\n");
    }
    return answers;
}

}  // namespace flatlan::trace
