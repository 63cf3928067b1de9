#include "tests/conformance/tunnel/testbed.hpp"

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

std::string to_string(const Pairing& pairing) {
    return pairing.near->name + "To" + pairing.far->name + "Over" +
           std::string{flatlan::to_string(pairing.underlay)};
}

bool mixes(const Candidate& candidate) {
    return candidate.encapsulates && candidate.sender_check == SenderCheck::off;
}

}  // namespace

const std::vector<Candidate>& candidates() {
    static const std::vector<Candidate> all{
        {.name = "Kernel",
         .kind = BackendKind::kernel,
         .open = open<KernelBackend>,
         .judges_senders = false,
         .encapsulates = true},
        {.name = "CheckedKernel",
         .kind = BackendKind::kernel,
         .open = open<KernelBackend>,
         .judges_senders = true,
         .encapsulates = true,
         .sender_check = SenderCheck::on},
        {.name = "User",
         .kind = BackendKind::user,
         .open = open<UserBackend>,
         .judges_senders = true,
         .encapsulates = true},
        {.name = "Direct",
         .kind = BackendKind::direct,
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
            if (&near == &far || (mixes(near) && mixes(far)))
                for (const IpFamily underlay : {IpFamily::ipv4, IpFamily::ipv6})
                    all.push_back({&near, &far, underlay});
    return all;
}

}  // namespace flatlan::tunnel
