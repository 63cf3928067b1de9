// What network namespaces and veth pairs cost when one process asks for them over netlink: the
// floor under every lab. Prints one line a figure: name, value, unit.
//
// usage: bench_raw_kernel COUNT      needs root, or a user namespace in which it is root
#include <charconv>
#include <chrono>
#include <cstring>
#include <iostream>
#include <vector>

#include "overlay/linux/rlimit.hpp"
#include "overlay/linux/veth.hpp"

namespace flatlan {
namespace {

using Clock = std::chrono::steady_clock;

void print(const char* name, Clock::duration whole, std::size_t count) {
    const double each_us = std::chrono::duration<double, std::micro>(whole).count();
    std::cout << name << ' ' << each_us / static_cast<double>(count) << " us\n";
}

VethSpec pair(std::size_t number, const Namespace& pod) {
    const std::string name = "v" + std::to_string(number);
    return {.near = {.name = InterfaceName{name}, .mac = MacAddress::local_from(2 * number)},
            .far = {.name = InterfaceName{"eth0"},
                    .mac = MacAddress::local_from(2 * number + 1),
                    .network = &pod}};
}

/// One node's namespace, one for each pod, and a pair between the two, both ends up.
Result<void> measure(std::size_t count) {
    FLATLAN_TRY(limit, raise_open_files_limit());
    if (limit < count + 64)
        return Error{ErrorCode::exhausted, "only " + std::to_string(limit) + " files may be open"};
    FLATLAN_TRY(scope, NamespaceScope::here());
    FLATLAN_TRY(node, scope.move_to_new());

    const auto start = Clock::now();
    std::vector<Namespace> pods;
    for (std::size_t i = 0; i < count; ++i) {
        FLATLAN_TRY(made, scope.move_to_new());
        pods.push_back(std::move(made));
    }
    const auto made_namespaces = Clock::now();

    FLATLAN_TRY(netlink, Netlink::open_in(node));
    NetlinkBatch pairs;
    for (std::size_t i = 0; i < count; ++i)
        create_veth(pairs, pair(i, pods[i]));
    FLATLAN_TRY_VOID(netlink.execute(pairs));
    const auto made_pairs = Clock::now();

    NetlinkBatch near_ends;
    for (std::size_t i = 0; i < count; ++i)
        set_link(near_ends, InterfaceName{"v" + std::to_string(i)}, {.up = true});
    FLATLAN_TRY_VOID(netlink.execute(near_ends));
    for (const Namespace& pod : pods) {
        FLATLAN_TRY(inside, Netlink::open_in(pod));
        FLATLAN_TRY_VOID(set_link(inside, InterfaceName{"eth0"}, {.up = true}));
    }
    const auto up = Clock::now();

    print("namespace", made_namespaces - start, count);
    print("veth_pair", made_pairs - made_namespaces, count);
    print("pair_up", up - made_pairs, count);
    return success();
}

}  // namespace
}  // namespace flatlan

int main(int argc, char** argv) {
    std::size_t count = 0;
    const char* text = argc == 2 ? argv[1] : "";
    const char* end = text + std::strlen(text);
    if (std::from_chars(text, end, count).ptr != end || count == 0) {
        std::cerr << "usage: bench_raw_kernel COUNT\n";
        return 2;
    }
    if (const auto measured = flatlan::measure(count); !measured) {
        std::cerr << "bench_raw_kernel: " << measured.error().to_string() << '\n';
        return measured.error().code() == flatlan::ErrorCode::forbidden ? 3 : 1;
    }
    return 0;
}
