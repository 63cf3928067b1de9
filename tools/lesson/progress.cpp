#include "tools/lesson/progress.hpp"

#include <cerrno>
#include <fstream>

namespace flatlan::lesson {

Result<std::optional<Progress>> load_progress(const std::string& path) {
    std::ifstream file{path};
    if (!file) return std::optional<Progress>{};
    Progress progress;
    std::string seed;
    std::string hints;
    if (file >> seed >> progress.seed >> hints >> progress.hints && seed == "seed" &&
        hints == "hints")
        return std::optional{progress};
    return Error{ErrorCode::corrupt, path + " is not an exercise's progress"};
}

Result<void> store_progress(const std::string& path, const Progress& progress) {
    std::ofstream file{path};
    file << "seed " << progress.seed << "\nhints " << progress.hints << '\n';
    if (!file.flush()) return Error::from_errno(errno, "write " + path);
    return success();
}

}  // namespace flatlan::lesson
