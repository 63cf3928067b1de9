#pragma once

#include <utility>

namespace flatlan {

/// Carries out `action` at the end of the scope unless disarmed: armed on the line after a step
/// that has to be undone, disarmed when all steps are through. The action cannot fail.
template <typename Action>
class [[nodiscard]] Undo {
public:
    explicit Undo(Action action) : action_{std::move(action)} {}
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;
    ~Undo() {
        if (armed_) action_();
    }

    void disarm() { armed_ = false; }

private:
    Action action_;
    bool armed_ = true;
};

}  // namespace flatlan
