#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/base/result.hpp"
#include "tools/cni/version.hpp"

namespace flatlan::conformance {

using cni::Version;

class Stage;

/// How binding a clause is.
enum class Level : std::uint8_t {
    must,      ///< the specification says must, or describes the form of an answer
    should,    ///< the specification says should, or gives a number without saying must
    practice,  ///< not in the specification: what runtimes in use send, and what operators expect
};
/// "must", "should" or "practice".
std::string_view to_string(Level level);

enum class Verdict : std::uint8_t { pass, fail, not_applicable };
/// "pass", "fail" or "not applicable".
std::string_view to_string(Verdict verdict);

/// Why a clause is not passed: the plugin breaks it, it cannot be asked of this plugin, or the kit
/// itself could not go on.
struct Objection {
    Verdict verdict = Verdict::fail;
    std::string seen;
    std::optional<Error> broken{};  ///< the machine's refusal; the whole run ends with it

    Objection() = default;
    Objection(Verdict verdict_, std::string seen_) : verdict{verdict_}, seen{std::move(seen_)} {}
    // Not explicit: an Error on its way out of a Result ends the run.
    // NOLINTNEXTLINE(google-explicit-constructor)
    Objection(const Error& error) : broken{error} {}
};

inline Objection fails(std::string seen) { return {Verdict::fail, std::move(seen)}; }
inline Objection not_applicable(std::string why) {
    return {Verdict::not_applicable, std::move(why)};
}

/// A value, or the objection that ends the clause. Goes with FLATLAN_TRY, also of a Result.
template <typename T>
using Step = boost::outcome_v2::basic_result<T, Objection, boost::outcome_v2::policy::terminate>;

/// What a clause that is passed has seen: one sentence or part of one.
using Seen = std::string;

/// How often a clause is tried.
enum class Scope : std::uint8_t {
    each_version,    ///< in every version that the plugin supports and in which the clause holds
    newest_version,  ///< in the newest of them alone: it does not depend on the version
};

/// One sentence of the specification that can be seen to hold from outside.
struct Clause {
    std::string_view id;      ///< "del.twice"; never renamed, scripts name it
    std::string_view title;   ///< what holds
    std::string_view source;  ///< where that stands: a section of specification 1.1.0
    Level level = Level::must;
    std::function<Step<Seen>(Stage& stage)> test;
    Version since = cni::kOldest;
    Scope scope = Scope::each_version;
};

/// All of them, in the order of a report.
std::vector<Clause> all_clauses();

// Their groups, each in a file of its name: clauses_environment.cpp and so on.
std::vector<Clause> environment_clauses();
std::vector<Clause> input_clauses();
std::vector<Clause> version_clauses();
std::vector<Clause> add_clauses();
std::vector<Clause> result_clauses();
std::vector<Clause> del_clauses();
std::vector<Clause> check_clauses();
std::vector<Clause> gc_clauses();
std::vector<Clause> chain_clauses();
std::vector<Clause> concurrent_clauses();
std::vector<Clause> killed_clauses();

}  // namespace flatlan::conformance
