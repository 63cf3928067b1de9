#pragma once

#include "overlay/registry/sqlite/sqlite_registry.hpp"

namespace flatlan::registry {

/// A watch that reads the table of changes and waits for the bell in between.
class SqliteRegistry::SqliteWatch final : public Watch {
public:
    SqliteWatch(SqliteRegistry& registry, std::string_view prefix, Revision after,
                std::function<void()> on_ready);
    SqliteWatch(const SqliteWatch&) = delete;
    SqliteWatch& operator=(const SqliteWatch&) = delete;
    ~SqliteWatch() override;

    Result<WatchBatch> next(Duration timeout) override;
    void wake() const {
        if (on_ready_) on_ready_();
    }

private:
    Result<WatchBatch> look();

    SqliteRegistry& registry_;
    std::string prefix_;
    Revision seen_;
    std::uint64_t cluster_ = 0;  ///< 0 until the first look
    bool gap_ = false;
    std::function<void()> on_ready_;
    std::list<SqliteWatch*>::iterator place_;
};

}  // namespace flatlan::registry
