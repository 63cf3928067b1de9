#include "overlay/lab/images.hpp"

#include <algorithm>

#include "overlay/pod/image/image_layout.hpp"

namespace flatlan::lab {

std::vector<std::string> images_of(const LabSpec& spec) {
    std::vector<std::string> images;
    for (const pod::PodTemplate& contents : spec.templates)
        for (std::size_t i = 0; i < contents.size(); ++i) {
            const std::string& image = contents.at(i).image;
            if (image.starts_with(pod::kLayoutImage) &&
                std::find(images.begin(), images.end(), image) == images.end())
                images.push_back(image);
        }
    return images;
}

Result<void> check_images(const LabSpec& spec) {
    for (const std::string& image : images_of(spec)) {
        auto layout =
            pod::read_image_layout(std::string_view{image}.substr(pod::kLayoutImage.size()));
        if (!layout)
            return std::move(layout)
                .error()
                .as(ErrorCode::invalid_argument)
                .within("image '" + image + "'");
    }
    return success();
}

}  // namespace flatlan::lab
