#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "overlay/base/ip_address.hpp"

/// What holds of every record of a trace.
namespace flatlan::trace {

inline IpAddress ip(std::string_view text) { return IpAddress::from_text(text).value(); }

/// The second of two records is what is read of the first: nothing is lost, nothing added.
template <typename Read, typename Write>
void expect_round_trip(const std::string& record, Read read, Write write) {
    const auto value = read(record);
    ASSERT_TRUE(value) << value.error().to_string() << "\n" << record;
    EXPECT_EQ(write(value.value()), record);
}

/// No beginning of the record is taken for all of it by a crash, and one with a word in the place
/// of any other is refused or read as something else, not as it was.
template <typename Read>
void expect_robust(const std::string& record, Read read) {
    for (std::size_t size = 0; size < record.size(); ++size)
        static_cast<void>(read(record.substr(0, size)));
    for (std::size_t at = 0; at < record.size(); ++at) {
        std::string broken = record;
        broken[at] = '\x7f';
        const auto value = read(broken);
        EXPECT_TRUE(value || !value.error().text().empty());
    }
}

}  // namespace flatlan::trace
