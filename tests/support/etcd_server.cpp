#include "tests/support/etcd_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/support/eventually.hpp"

namespace flatlan::support {
namespace {

constexpr std::chrono::seconds kStartDeadline{30};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::string local(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

/// Ports that nobody has; both are held until both are known.
std::array<std::uint16_t, 2> free_ports() {
    std::array<std::uint16_t, 2> ports{};
    std::array<int, 2> sockets{};
    for (std::size_t i = 0; i < 2; ++i) {
        sockets[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(sockets[i], reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::getsockname(sockets[i], reinterpret_cast<sockaddr*>(&address), &size), 0);
        ports[i] = ntohs(address.sin_port);
    }
    for (const int socket : sockets)
        ::close(socket);
    return ports;
}

bool listens(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return connected;
}

}  // namespace

EtcdServer::Place EtcdServer::free_place(std::string name) {
    const auto [client, peer] = free_ports();
    return {std::move(name), client, peer};
}

EtcdServer::EtcdServer(std::vector<std::string> extra_arguments)
    : EtcdServer{free_place("default"), "", extra_arguments} {
    start();
}

EtcdServer::EtcdServer(const Place& place, const std::string& cluster,
                       const std::vector<std::string>& extra_arguments)
    : port_{place.client_port} {
    const bool tls = !extra_arguments.empty() && extra_arguments.front() == "--cert-file";
    url_ = (tls ? "https://" : "http://") + local(port_);
    const std::string peer_url = "http://" + local(place.peer_port);
    arguments_ = {"etcd",
                  "--name",
                  place.name,
                  "--data-dir",
                  data().string(),
                  "--listen-client-urls",
                  url_,
                  "--advertise-client-urls",
                  url_,
                  "--listen-peer-urls",
                  peer_url,
                  "--initial-advertise-peer-urls",
                  peer_url,
                  "--initial-cluster",
                  cluster.empty() ? place.name + "=" + peer_url : cluster,
                  "--heartbeat-interval",
                  "20",
                  "--election-timeout",
                  cluster.empty() ? "200" : "1000",  // one member is its own leader sooner
                  "--log-level",
                  "error"};
    arguments_.insert(arguments_.end(), extra_arguments.begin(), extra_arguments.end());
}

std::vector<std::unique_ptr<EtcdServer>> EtcdServer::start_cluster(std::size_t members) {
    std::vector<Place> places;
    std::string cluster;
    for (std::size_t i = 0; i < members; ++i) {
        places.push_back(free_place("m" + std::to_string(i)));
        cluster += (i == 0 ? "" : ",") + places[i].name + "=http://" + local(places[i].peer_port);
    }
    std::vector<std::unique_ptr<EtcdServer>> servers;
    for (const Place& place : places)
        servers.push_back(std::unique_ptr<EtcdServer>{new EtcdServer{place, cluster, {}}});
    for (auto& server : servers)
        server->launch();  // each waits for the others before it listens
    for (auto& server : servers)
        server->wait_until_it_listens();
    return servers;
}

EtcdServer::EtcdServer(const Tls& tls)
    : EtcdServer{[&] {
          std::vector<std::string> arguments{"--cert-file", tls.certificate_file.string(),
                                             "--key-file", tls.key_file.string()};
          if (!tls.client_authority_file.empty()) {
              arguments.insert(arguments.end(), {"--client-cert-auth", "--trusted-ca-file",
                                                 tls.client_authority_file.string()});
          }
          return arguments;
      }()} {}

EtcdServer::~EtcdServer() { kill(); }

void EtcdServer::start() {
    launch();
    wait_until_it_listens();
}

void EtcdServer::launch() {
    std::vector<char*> argv;
    for (std::string& argument : arguments_)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const std::string log_file = log().string();
    pid_ = ::fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int output = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(output, STDOUT_FILENO);
        ::dup2(output, STDERR_FILENO);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
}

void EtcdServer::wait_until_it_listens() {
    const bool up =
        eventually([this] { return listens(port_) || ::waitpid(pid_, nullptr, WNOHANG) == pid_; },
                   kStartDeadline);
    std::ifstream in{log()};
    ASSERT_TRUE(up && listens(port_)) << "etcd does not start (package etcd-server): "
                                      << std::string{std::istreambuf_iterator<char>{in}, {}};
}

void EtcdServer::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void EtcdServer::pause() {
    ASSERT_EQ(::kill(pid_, SIGSTOP), 0);
    int status = 0;  // its threads stop one after the other
    ASSERT_EQ(::waitpid(pid_, &status, WUNTRACED), pid_);
    ASSERT_TRUE(WIFSTOPPED(status));
}
void EtcdServer::resume() { ASSERT_EQ(::kill(pid_, SIGCONT), 0); }

void EtcdServer::lose_data() { std::filesystem::remove_all(data()); }

void EtcdServer::save_data() {
    std::filesystem::remove_all(folder_.path() / "saved");
    std::filesystem::copy(data(), folder_.path() / "saved",
                          std::filesystem::copy_options::recursive);
}

void EtcdServer::restore_data() {
    lose_data();
    std::filesystem::copy(folder_.path() / "saved", data(),
                          std::filesystem::copy_options::recursive);
}

}  // namespace flatlan::support
