#include "overlay/probe/explained_causes.hpp"

#include <algorithm>
#include <iterator>

namespace flatlan::probe {

void join_explained(std::vector<MadeCause>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::size_t more = 0;
        for (std::size_t j = i + 1; j < all.size(); ++j) {
            if (all[i].why == nullptr || all[j].why == nullptr || *all[i].why != *all[j].why)
                continue;
            std::vector<Pair> both;
            std::ranges::set_union(all[i].pairs, all[j].pairs, std::back_inserter(both));
            all[i].pairs = std::move(both);
            more += all[j].cause.checks;
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(j--));
        }
        if (more == 0) continue;
        Cause& cause = all[i].cause;
        cause.pairs = all[i].pairs.size();
        cause.checks += more;
        cause.scope += ", and " + std::to_string(more) + " more checks";
    }
}

}  // namespace flatlan::probe
