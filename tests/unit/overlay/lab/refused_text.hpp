#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace flatlan::lab {

/// A wrong lab file and the whole message that it gets, after "lab.yaml:".
struct RefusedText {
    const char* name;
    const char* text;
    const char* message;

    friend void PrintTo(const RefusedText& refused, std::ostream* out) { *out << refused.name; }
};

inline std::string name_of(const testing::TestParamInfo<RefusedText>& info) {
    return info.param.name;
}

/// A lab file whose `spec` is this, indented by two; it begins on line 5.
inline std::string lab_with_spec(const std::string& spec) {
    return "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec:\n" + spec;
}

}  // namespace flatlan::lab
