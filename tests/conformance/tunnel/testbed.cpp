#include "tests/conformance/tunnel/testbed.hpp"

#include <cctype>

#include "tunnel/direct/direct_backend.hpp"
#include "tunnel/kernel/kernel_backend.hpp"
#include "tunnel/user/user_backend.hpp"

namespace flatlan::tunnel {
namespace {

template <typename Concrete>
Result<std::unique_ptr<Backend>> open(const Namespace& network) {
    FLATLAN_TRY(backend, Concrete::open(network));
    return std::unique_ptr<Backend>{std::make_unique<Concrete>(std::move(backend))};
}

std::string capitalized(BackendKind kind) {
    std::string word{to_string(kind)};
    word.front() = static_cast<char>(std::toupper(word.front()));
    return word;
}

std::string to_string(const Pairing& pairing) {
    return capitalized(pairing.near->kind) + "To" + capitalized(pairing.far->kind) + "Over" +
           std::string{flatlan::to_string(pairing.underlay)};
}

}  // namespace

const std::vector<Candidate>& candidates() {
    static const std::vector<Candidate> all{
        {.kind = BackendKind::kernel,
         .open = open<KernelBackend>,
         .judges_senders = false,
         .encapsulates = true},
        {.kind = BackendKind::user,
         .open = open<UserBackend>,
         .judges_senders = true,
         .encapsulates = true},
        {.kind = BackendKind::direct,
         .open = open<DirectBackend>,
         .judges_senders = false,
         .encapsulates = false},
    };
    return all;
}

void PrintTo(const Pairing& pairing, std::ostream* out) { *out << to_string(pairing); }

std::string name_of(const testing::TestParamInfo<Pairing>& info) { return to_string(info.param); }

std::vector<Pairing> pairings() {
    std::vector<Pairing> all;
    for (const Candidate& near : candidates())
        for (const Candidate& far : candidates())
            if (&near == &far || (near.encapsulates && far.encapsulates))
                for (const IpFamily underlay : {IpFamily::ipv4, IpFamily::ipv6})
                    all.push_back({&near, &far, underlay});
    return all;
}

}  // namespace flatlan::tunnel
