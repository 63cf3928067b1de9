#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "overlay/pod/image/sha256.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::pod {

inline std::string digest_of(const std::string& text) {
    Sha256 digest;
    digest.add(text);
    return digest.hex();
}

/// Writes an archive as ustar has it.
class TarText {
public:
    TarText& add(const std::string& path, char type, const std::string& contents = {},
                 const std::string& target = {}, const std::string& mode = "0000644") {
        std::string header(512, '\0');
        const auto put = [&](std::size_t at, const std::string& text) {
            header.replace(at, text.size(), text);
        };
        put(0, path);
        put(100, mode);
        put(108, "0000000");
        put(116, "0000000");
        put(124, octal(contents.size(), 11));
        put(136, modified_);
        put(156, std::string(1, type));
        put(157, target);
        put(257, std::string{"ustar\0", 6} + "00");
        put(148, "        ");
        std::size_t sum = 0;
        for (const char octet : header)
            sum += static_cast<unsigned char>(octet);
        put(148, octal(sum, 6) + std::string{"\0 ", 2});
        text_ += header + contents;
        text_.resize((text_.size() + 511) / 512 * 512);
        return *this;
    }
    TarText& file(const std::string& path, const std::string& contents) {
        return add(path, '0', contents);
    }
    TarText& folder(const std::string& path) { return add(path, '5', {}, {}, "0000755"); }
    TarText& link(const std::string& path, const std::string& target) {
        return add(path, '2', {}, target);
    }
    /// The field of the entries from here on.
    TarText& modified(const std::string& field) {
        modified_ = field;
        return *this;
    }
    std::string text() const { return text_ + std::string(1024, '\0'); }

private:
    static std::string octal(std::size_t number, std::size_t digits) {
        std::string text(digits, '0');
        for (std::size_t i = digits; i > 0; --i, number /= 8)
            text[i - 1] = static_cast<char>('0' + number % 8);
        return text;
    }
    std::string text_;
    std::string modified_ = "00000000001";
};

/// An image layout in a folder of its own.
class TestLayout {
public:
    std::string path() const { return folder_.path().string(); }

    /// Puts the octets where their digest says; "{...}" of a descriptor.
    std::string add_blob(const std::string& text, const std::string& media_type) const {
        const std::string digest = digest_of(text);
        std::filesystem::create_directories(path() + "/blobs/sha256");
        std::ofstream{path() + "/blobs/sha256/" + digest, std::ios::binary} << text;
        return R"("mediaType":")" + media_type + R"(","digest":"sha256:)" + digest +
               R"(","size":)" + std::to_string(text.size());
    }

    /// A manifest with these layers; the descriptor without its braces.
    std::string add_image(const std::vector<std::string>& layers,
                          const std::string& config = "{}") const {
        const std::string described =
            add_blob(R"({"config":)" + config + "}", "application/vnd.oci.image.config.v1+json");
        std::string list;
        for (const std::string& layer : layers)
            list += (list.empty() ? "{" : ",{") +
                    add_blob(layer, "application/vnd.oci.image.layer.v1.tar") + "}";
        return add_blob(
            R"({"schemaVersion":2,"config":{)" + described + R"(},"layers":[)" + list + "]}",
            "application/vnd.oci.image.manifest.v1+json");
    }

    void write_index(const std::vector<std::string>& manifests) const {
        std::string list;
        for (const std::string& manifest : manifests)
            list += (list.empty() ? "{" : ",{") + manifest + "}";
        std::ofstream{path() + "/index.json"} << R"({"schemaVersion":2,"manifests":[)" << list
                                              << "]}";
    }

private:
    support::TemporaryFolder folder_;
};

}  // namespace flatlan::pod
