#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/ip_address.hpp"
#include "overlay/base/network_values.hpp"
#include "overlay/base/time.hpp"
#include "overlay/probe/member.hpp"
#include "overlay/probe/run_delay.hpp"

/// The words that the records of a cluster's test are made of. What is read is none where the word
/// is not what its function writes.
namespace flatlan::probe {

/// The pieces of a text between separators, empty ones too.
std::vector<std::string_view> split_words(std::string_view text, char separator);

/// "4" or "6".
std::string_view family_word(IpFamily family);
std::optional<IpFamily> family_from_word(std::string_view word);

/// A member by its place among all who take part, of whom there are so many.
std::string member_word(MemberId member);
std::optional<MemberId> member_from_word(std::string_view word, std::size_t members);

std::optional<Port> port_from_word(std::string_view word);

/// In whole microseconds, from none to a day, with longer ones cut to that.
std::string span_word(Duration span);
std::optional<Duration> span_from_word(std::string_view word);

/// Four such spans.
std::string run_delay_words(const RunDelay& delay);
std::optional<RunDelay> run_delay_from_words(std::string_view words);

}  // namespace flatlan::probe
