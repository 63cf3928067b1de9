#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace flatlan::support {

/// Debian's etcd as a process of the test's own: its data in a folder of its own, on two ports of
/// the loopback address that the kernel gives. It is killed by its pid, at the latest when the
/// test's process ends.
class EtcdServer {
public:
    struct Tls {
        std::filesystem::path certificate_file;
        std::filesystem::path key_file;
        std::filesystem::path client_authority_file;  ///< empty: clients need no certificate
    };

    /// Throws nothing: what fails is a failure of the test.
    explicit EtcdServer(std::vector<std::string> extra_arguments = {});
    explicit EtcdServer(const Tls& tls);
    /// Members of one cluster, started together; all listen when this returns.
    static std::vector<std::unique_ptr<EtcdServer>> start_cluster(std::size_t members);
    EtcdServer(const EtcdServer&) = delete;
    EtcdServer& operator=(const EtcdServer&) = delete;
    ~EtcdServer();

    /// "http://127.0.0.1:PORT".
    const std::string& url() const { return url_; }

    void start();  ///< on the same ports and data; returns when it listens
    void kill();   ///< SIGKILL, and waits for its end
    void pause();  ///< SIGSTOP, and waits until it stands: it answers nothing and closes nothing
    void resume();
    /// As if the machine had been made anew: all data are gone. It must not run.
    void lose_data();
    /// Saves the data of a stopped server, to be put back later.
    void save_data();
    void restore_data();

private:
    struct Place {
        std::string name;
        std::uint16_t client_port;
        std::uint16_t peer_port;
    };
    static Place free_place(std::string name);
    EtcdServer(const Place& place, const std::string& cluster,
               const std::vector<std::string>& extra_arguments);
    void launch();
    void wait_until_it_listens();

    std::filesystem::path data() const { return folder_.path() / "data"; }
    std::filesystem::path log() const { return folder_.path() / "etcd.log"; }

    TemporaryFolder folder_;
    std::vector<std::string> arguments_;
    std::string url_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace flatlan::support
