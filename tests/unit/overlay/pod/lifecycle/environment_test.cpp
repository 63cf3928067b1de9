#include "overlay/pod/lifecycle/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flatlan::pod {
namespace {

using testing::ElementsAre;

TEST(Environment, ExpandsWhatIsKnownAndLeavesTheRest) {
    const std::map<std::string, std::string> variables{{"NAME", "web"}, {"EMPTY", ""}};
    EXPECT_EQ(expand_variables("$(NAME)-$(NAME)", variables), "web-web");
    EXPECT_EQ(expand_variables("[$(EMPTY)]", variables), "[]");
    EXPECT_EQ(expand_variables("$(OTHER)", variables), "$(OTHER)");
    EXPECT_EQ(expand_variables("$$(NAME)", variables), "$(NAME)");
    EXPECT_EQ(expand_variables("$NAME ${NAME} $", variables), "$NAME ${NAME} $");
    EXPECT_EQ(expand_variables("$(NAME", variables), "$(NAME");
    EXPECT_EQ(expand_variables("", variables), "");
}

TEST(Environment, TakesVariablesInOrderAndFieldsOfThePod) {
    const ContainerSpec container{.name = "server",
                                  .command = {"serve", "$(URL)"},
                                  .args = {"$(PATH)", "$(LATER)"},
                                  .environment = {{"IP", "", "status.podIP"},
                                                  {"URL", "http://$(IP)/"},
                                                  {"EARLY", "$(LATER)"},
                                                  {"LATER", "yes"},
                                                  {"HOME", "/srv"},
                                                  {"NONE", "", "metadata.uid"}}};
    const ProcessWords words = process_words(container, {{"PATH", "/bin"}, {"HOME", "/root"}},
                                             {{"status.podIP", "10.244.0.1"}});
    EXPECT_THAT(words.arguments, ElementsAre("serve", "http://10.244.0.1/", "$(PATH)", "yes"));
    EXPECT_THAT(words.environment,
                ElementsAre("EARLY=$(LATER)", "HOME=/srv", "IP=10.244.0.1", "LATER=yes",
                            "NONE=", "PATH=/bin", "URL=http://10.244.0.1/"));
}

}  // namespace
}  // namespace flatlan::pod
