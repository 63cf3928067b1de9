#include "overlay/probe/io/machine_load.hpp"

#include <fstream>
#include <string>

namespace flatlan::probe {

std::uint64_t backlog_drops() {
    std::ifstream file{"/proc/net/softnet_stat"};
    std::uint64_t drops = 0;
    std::string line;
    while (std::getline(file, line)) {  // one a processor, numbers in hexadecimal
        const std::size_t second = line.find(' ');
        if (second != std::string::npos)
            drops += std::stoull(line.substr(second + 1, 8), nullptr, 16);
    }
    return drops;
}

}  // namespace flatlan::probe
