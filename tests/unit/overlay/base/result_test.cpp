#include "overlay/base/result.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace flatlan {
namespace {

Error full() { return Error{ErrorCode::exhausted, "block 10.244.0.0/26 is full"}; }

TEST(Error, GrowsByOneAttemptALayerOutermostFirst) {
    const Error error = full().within("allocate").within("attach pod web/eth0");
    EXPECT_EQ(error.text(), "attach pod web/eth0: allocate: block 10.244.0.0/26 is full");
    EXPECT_EQ(error.code(), ErrorCode::exhausted);
}

TEST(Error, KeepsTheInnermostPlaceBecauseItIsTheMostExact) {
    const Error error = full().at("lab.yaml:12").at("lab.yaml:1");
    EXPECT_EQ(error.where(), "lab.yaml:12");
}

TEST(Error, PrintsPlaceTextAndWhatWouldBeRight) {
    EXPECT_EQ(full().to_string(), "block 10.244.0.0/26 is full");
    EXPECT_EQ(full().at("lab.yaml:12").to_string(), "lab.yaml:12: block 10.244.0.0/26 is full");
    EXPECT_EQ(full().at("lab.yaml:12").expecting("a larger prefix").to_string(),
              "lab.yaml:12: block 10.244.0.0/26 is full (expected a larger prefix)");
}

TEST(Error, KeepsPlaceAndExpectationWhenALayerAddsItsAttempt) {
    const Error error = full().at("lab.yaml:12").expecting("more").within("read lab file");
    EXPECT_EQ(error.to_string(),
              "lab.yaml:12: read lab file: block 10.244.0.0/26 is full (expected more)");
}

TEST(Error, TakesAnotherCodeFromALayerThatKnowsBetter) {
    const Error error = full().as(ErrorCode::unavailable);
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_EQ(error.text(), "block 10.244.0.0/26 is full");
}

TEST(Error, OfTheKernelHasItsErrnoAndItsText) {
    const Error error = Error::from_errno(ENOENT, "open /proc/self/ns/net");
    EXPECT_EQ(error.system_errno(), ENOENT);
    EXPECT_EQ(error.text(), "open /proc/self/ns/net: No such file or directory");
    EXPECT_EQ(full().system_errno(), 0);
}

TEST(Error, OfTheKernelIsSortedByWhatACallerCanDo) {
    const struct {
        ErrorCode code;
        std::vector<int> errnos;
    } table[] = {
        {ErrorCode::forbidden, {EPERM, EACCES, EROFS}},
        {ErrorCode::not_found, {ENOENT, ESRCH, ENODEV, ENXIO}},
        {ErrorCode::already_exists, {EEXIST, EADDRINUSE}},
        {ErrorCode::exhausted, {EMFILE, ENFILE, ENOSPC, ENOMEM, ENOBUFS, EDQUOT}},
        {ErrorCode::unavailable, {EAGAIN, EBUSY}},
        {ErrorCode::timed_out, {ETIMEDOUT}},
        {ErrorCode::unsupported, {EOPNOTSUPP, ENOSYS, EAFNOSUPPORT, EPROTONOSUPPORT}},
        {ErrorCode::system, {EIO, EPIPE}},
    };
    for (const auto& row : table)
        for (const int value : row.errnos)
            EXPECT_EQ(Error::from_errno(value, "try").code(), row.code) << "errno " << value;
}

TEST(ErrorCode, HasAWordOfItsOwnForEachCode) {
    const std::pair<ErrorCode, std::string_view> words[] = {
        {ErrorCode::invalid_argument, "invalid_argument"},
        {ErrorCode::not_found, "not_found"},
        {ErrorCode::already_exists, "already_exists"},
        {ErrorCode::conflict, "conflict"},
        {ErrorCode::exhausted, "exhausted"},
        {ErrorCode::unavailable, "unavailable"},
        {ErrorCode::timed_out, "timed_out"},
        {ErrorCode::forbidden, "forbidden"},
        {ErrorCode::unsupported, "unsupported"},
        {ErrorCode::corrupt, "corrupt"},
        {ErrorCode::interrupted, "interrupted"},
        {ErrorCode::system, "system"},
    };
    for (const auto& [code, word] : words)
        EXPECT_EQ(to_string(code), word);
}

Result<int> half(int number) {
    if (number % 2 != 0) return Error{ErrorCode::invalid_argument, "odd"};
    return number / 2;
}

Result<int> quarter(int number) {
    FLATLAN_TRY(once, half(number));
    FLATLAN_TRY(twice, half(once));
    return twice;
}

Result<void> be_even(int number) {
    if (number % 2 != 0) return Error{ErrorCode::invalid_argument, "odd"};
    return success();
}

Result<int> count_even(int first, int second) {
    int passed = 0;
    FLATLAN_TRY_VOID(be_even(first));
    ++passed;
    if (first != second)
        FLATLAN_TRY_VOID(be_even(second));
    else
        return Error{ErrorCode::conflict, "twice the same"};
    return passed + 1;
}

TEST(Try, HandsOutTheValueOrReturnsTheError) {
    EXPECT_EQ(quarter(12).value(), 3);
    ASSERT_FALSE(quarter(6));
    EXPECT_EQ(quarter(6).error().text(), "odd");
}

TEST(Try, OfNothingIsOneStatement) {
    EXPECT_EQ(count_even(2, 4).value(), 2);
    EXPECT_EQ(count_even(2, 3).error().text(), "odd");
    EXPECT_EQ(count_even(2, 2).error().text(), "twice the same");
}

TEST(Result, AbortsWhenAFailedOneIsAskedForItsValue) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(static_cast<void>(half(3).value()), "");
}

}  // namespace
}  // namespace flatlan
