#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flatlan::daemon {

/// Writes metrics as Prometheus reads them: the text format, version 0.0.4
/// (prometheus.io/docs/instrumenting/exposition_formats). Pure.
class Exposition {
public:
    /// Of the answer that carries the text.
    static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

    enum class Type : std::uint8_t { counter, gauge };
    /// Name and value of each label; the value may be any text.
    using Labels = std::vector<std::pair<std::string_view, std::string>>;

    /// Begins a family: every metric of one name stands together. A counter's name ends in
    /// "_total"; `help` is one sentence.
    void begin(std::string_view name, Type type, std::string_view help);
    /// One metric of the family begun last. Whole numbers are written exactly, up to the largest.
    void add(const Labels& labels, std::uint64_t value);
    void add(const Labels& labels, double value);

    /// A family of one metric without labels.
    template <typename Value>
    void gauge(std::string_view name, std::string_view help, Value value) {
        begin(name, Type::gauge, help);
        add({}, value);
    }
    template <typename Value>
    void counter(std::string_view name, std::string_view help, Value value) {
        begin(name, Type::counter, help);
        add({}, value);
    }

    const std::string& text() const { return text_; }

private:
    void add_text(const Labels& labels, std::string_view value);

    std::string text_;
    std::string name_;
};

}  // namespace flatlan::daemon
