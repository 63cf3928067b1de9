#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "overlay/base/names.hpp"
#include "overlay/base/time.hpp"
#include "overlay/probe/trace/inquiry.hpp"

/// What whoever traces asks of the machine of one end, one question after another.
namespace flatlan::trace {

/// For all that Inquiry::facts tells; answered by that record of facts_record.hpp, as are the next
/// two.
struct AskFacts {
    PlaceId place;
    friend bool operator==(const AskFacts&, const AskFacts&) = default;
};
/// For Inquiry::route.
struct AskRoute {
    PlaceId place;
    RouteAsked asked;
    friend bool operator==(const AskRoute&, const AskRoute&) = default;
};
/// For Inquiry::setting.
struct AskSetting {
    PlaceId place;
    std::string path;
    friend bool operator==(const AskSetting&, const AskSetting&) = default;
};

/// One of these.
using KernelQuestion = std::variant<AskFacts, AskRoute, AskSetting>;
inline PlaceId place_of(const KernelQuestion& question) {
    return std::visit([](const auto& asked) { return asked.place; }, question);
}
/// For several of them at once, kManyMax at most; answered by one record with all of their answers.
struct AskMany {
    std::vector<KernelQuestion> questions;
    friend bool operator==(const AskMany&, const AskMany&) = default;
};
inline constexpr std::size_t kManyMax = 64;

// Of real packets; the machine of the sender sends, the other one answers.

/// To listen for the trace's packets; answered by an EndRecord with the port.
struct AskListen {
    friend bool operator==(const AskListen&, const AskListen&) = default;
};
/// To open what is needed to send or to answer, and to capture at those places; answered by an
/// EndRecord.
struct AskWatch {
    Port source = Port::any();  ///< where they are known by now
    Port destination = Port::any();
    std::vector<PlaceId> places;
    friend bool operator==(const AskWatch&, const AskWatch&) = default;
};
/// To send and to wait so long for the answers; answered by an Observation without sightings.
struct AskSend {
    std::uint32_t size_bytes = 0;  ///< from the IP header on; 0: the small ones
    Duration patience{};
    friend bool operator==(const AskSend&, const AskSend&) = default;
};
/// To tell what was seen and to end it; answered by an Observation.
struct AskSeen {
    friend bool operator==(const AskSeen&, const AskSeen&) = default;
};
/// To tell what was captured until the last AskSeen; answered by that record of frames_record.hpp.
struct AskFrames {
    friend bool operator==(const AskFrames&, const AskFrames&) = default;
};

using Question = std::variant<AskFacts, AskRoute, AskSetting, AskMany, AskListen, AskWatch, AskSend,
                              AskSeen, AskFrames>;

/// Records as of facts_record.hpp. Corrupt also for a setting that is not one of the network's, for
/// none or more than kManyMax questions at once, for a place to watch that is named twice or more
/// of them than kWatchedMax, for a size that is neither 0 nor at least kLargePacketMinBytes
/// (way.hpp), and for more patience than kPatienceMax.
std::string to_record(const Question& question, const Atlas& atlas);
Result<Question> question_from_record(std::string_view text, const Atlas& atlas);

/// Far more than one node has on any way.
inline constexpr std::size_t kWatchedMax = 16;
inline constexpr Duration kPatienceMax = std::chrono::seconds{5};

/// What a machine's sockets are, once they are open.
struct EndRecord {
    bool absent = false;      ///< the end does not have its address: there are none
    Port port = Port::any();  ///< of the sender's socket, or where the other one listens
    friend bool operator==(const EndRecord&, const EndRecord&) = default;
};
std::string to_record(const EndRecord& end);
Result<EndRecord> end_from_record(std::string_view text);

/// A question, and who is asked.
struct Asked {
    NodeName node;
    Question question;
};
/// Asks all of them before it waits for the first answer: each way to a node and back takes longer
/// than an answer. The answers are records, in that order. Error unavailable for a node that does
/// not answer; those that the node met itself.
using AskNodes = std::function<std::vector<Result<std::string>>(std::span<const Asked> questions)>;
/// The same for one.
Result<std::string> ask_one(const AskNodes& ask, const NodeName& node, const Question& question);

}  // namespace flatlan::trace
