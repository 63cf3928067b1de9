// TLS and user authentication against a real etcd, with certificates of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "overlay/registry/etcd/etcd_registry.hpp"
#include "tests/support/etcd_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/test_authority.hpp"

namespace flatlan::registry {
namespace {

using namespace std::chrono_literals;
using support::EtcdServer;
using Tls = EtcdServer::Tls;
using support::TestAuthority;
using testing::HasSubstr;

EtcdConfig config_of(const std::string& url) {
    EtcdConfig config;
    config.endpoints.push_back(EtcdEndpoint::from_url(url).value());
    return config;
}

Result<RegistryState> ask(EtcdConfig config) {
    FLATLAN_TRY(registry, EtcdRegistry::create(std::move(config)));
    return registry->state();
}

/// The error of a config with which etcd cannot be asked.
Error refusal(EtcdConfig config) {
    config.call_timeout = 1s;
    const auto answer = ask(std::move(config));
    EXPECT_FALSE(answer);
    return answer ? Error{} : answer.error();
}

TEST(EtcdTls, AsksAnEtcdWhoseCertificateAKnownAuthoritySigned) {
    const TestAuthority authority;
    const auto server = authority.issue("server", "IP:127.0.0.1");
    const EtcdServer etcd{Tls{server.certificate_file, server.key_file, {}}};
    EtcdConfig config = config_of(etcd.url());
    config.authority_file = authority.certificate_file();
    const auto registry = EtcdRegistry::create(config).value();
    const auto written = registry->put("/flatlan/a", "1", Revision{}, {});
    ASSERT_TRUE(written) << written.error().to_string();
    const auto watch = registry->watch("/flatlan/", Revision{1}, {}).value();
    EXPECT_TRUE(support::eventually([&] { return !watch->next(100ms).value().events.empty(); }));
}

TEST(EtcdTls, SaysWhatIsWrongWithACertificate) {
    const TestAuthority authority;
    const TestAuthority stranger;
    const auto server = authority.issue("server", "IP:127.0.0.1");
    const EtcdServer etcd{Tls{server.certificate_file, server.key_file, {}}};
    EtcdConfig config = config_of(etcd.url());
    config.authority_file = stranger.certificate_file();
    const Error error = refusal(config);
    EXPECT_EQ(error.code(), ErrorCode::unavailable);
    EXPECT_THAT(error.text(),
                HasSubstr(etcd.url() + ": its certificate is signed by no authority"));
}

TEST(EtcdTls, RefusesACertificateForAnotherHost) {
    const TestAuthority authority;
    const auto server = authority.issue("server", "DNS:elsewhere.test");
    const EtcdServer etcd{Tls{server.certificate_file, server.key_file, {}}};
    EtcdConfig config = config_of(etcd.url());
    config.authority_file = authority.certificate_file();
    EXPECT_THAT(refusal(config).text(), HasSubstr("its certificate is for another host"));
}

TEST(EtcdTls, ShowsItsOwnCertificateWhereEtcdAsksForOne) {
    const TestAuthority authority;
    const auto server = authority.issue("server", "IP:127.0.0.1");
    const auto client = authority.issue("client", "DNS:client.test");
    const EtcdServer etcd{
        Tls{server.certificate_file, server.key_file, authority.certificate_file()}};
    EtcdConfig config = config_of(etcd.url());
    config.authority_file = authority.certificate_file();
    EXPECT_EQ(refusal(config).code(), ErrorCode::unavailable);
    config.certificate_file = client.certificate_file;
    config.key_file = client.key_file;
    const auto state = ask(config);
    EXPECT_TRUE(state) << state.error().to_string();
}

TEST(EtcdTls, SaysWhenOneSideAloneSpeaksTls) {
    const TestAuthority authority;
    const auto server = authority.issue("server", "IP:127.0.0.1");
    const EtcdServer with{Tls{server.certificate_file, server.key_file, {}}};
    const EtcdServer without;
    EXPECT_EQ(refusal(config_of("http" + with.url().substr(5))).code(), ErrorCode::unavailable);
    EtcdConfig config = config_of("https" + without.url().substr(4));
    config.authority_file = authority.certificate_file();
    EXPECT_THAT(refusal(config).text(),
                HasSubstr("cannot be reached: " + to_string(config.endpoints[0])));
}

TEST(EtcdTls, NamesAFileThatIsNotThereOrNoCertificate) {
    const support::TemporaryFolder folder;
    EtcdConfig config = config_of("https://127.0.0.1:1");
    config.authority_file = folder.path() / "none.pem";
    EXPECT_EQ(refusal(config).code(), ErrorCode::not_found);
    EXPECT_THAT(refusal(config).text(), HasSubstr("none.pem"));
    std::ofstream{config.authority_file} << "no certificate";
    EXPECT_EQ(refusal(config).code(), ErrorCode::invalid_argument);
    EXPECT_THAT(refusal(config).text(), HasSubstr("none.pem"));
}

/// An etcd that asks for users: root, and "node", who may use what is under /flatlan/.
struct EtcdUsers : testing::Test {
    EtcdUsers() {
        set("user/add", R"({"name": "root", "password": "r"})");
        set("user/grant", R"({"user": "root", "role": "root"})");
        set("user/add", R"({"name": "node", "password": "secret"})");
        set("role/add", R"({"name": "flatlan"})");
        // "/flatlan/" to before "/flatlan0", in base64.
        set("role/grant", R"({"name": "flatlan", "perm": {"permType": "READWRITE",
            "key": "L2ZsYXRsYW4v", "range_end": "L2ZsYXRsYW4w"}})");
        set("user/grant", R"({"user": "node", "role": "flatlan"})");
        set("enable", "{}");
    }
    void set(const std::string& what, const std::string& value) const {
        support::run_program({"curl", "--silent", "--show-error", "--fail", "--data", value,
                              etcd.url() + "/v3/auth/" + what});
    }
    EtcdConfig config(const std::string& user, const std::string& password) const {
        EtcdConfig made = config_of(etcd.url());
        made.user = user;
        made.password = password;
        return made;
    }

    EtcdServer etcd;
};

TEST_F(EtcdUsers, LetsAUserDoWhatItsRolesAllow) {
    const auto registry = EtcdRegistry::create(config("node", "secret")).value();
    const auto written = registry->put("/flatlan/a", "1", Revision{}, {});
    ASSERT_TRUE(written) << written.error().to_string();
    EXPECT_EQ(registry->list("/flatlan/", "", 10).value().records.size(), 1U);
    const SessionId session = registry->open_session(5s).value();
    EXPECT_TRUE(registry->keep_alive(session));
    EXPECT_TRUE(registry->close_session(session));
    EXPECT_EQ(registry->put("/other", "1", Revision{}, {}).error().code(), ErrorCode::forbidden);
    const auto watch = registry->watch("/other", Revision{1}, {}).value();
    EXPECT_TRUE(support::eventually([&] {
        const auto batch = watch->next(100ms);
        return !batch && batch.error().code() == ErrorCode::forbidden;
    }));
}

TEST_F(EtcdUsers, RefusesAWrongPasswordAnUnknownUserAndNobody) {
    const Error wrong = refusal(config("node", "guess"));
    EXPECT_EQ(wrong.code(), ErrorCode::forbidden);
    EXPECT_THAT(wrong.text(), HasSubstr("log in as 'node'"));
    EXPECT_THAT(wrong.text(), testing::Not(HasSubstr("guess")));
    EXPECT_EQ(refusal(config("nobody", "secret")).code(), ErrorCode::forbidden);
    const Error nobody = refusal(config_of(etcd.url()));
    EXPECT_EQ(nobody.code(), ErrorCode::forbidden);
    EXPECT_EQ(nobody.expected(), "a user and a password");
}

TEST_F(EtcdUsers, LogsInAgainWhenEtcdKnowsItsTokenNoMore) {
    const auto registry = EtcdRegistry::create(config("node", "secret")).value();
    const auto first = registry->put("/flatlan/a", "1", Revision{}, {}).value();
    const auto watch = registry->watch("/flatlan/", first, {}).value();
    etcd.kill();  // tokens are in its memory alone
    etcd.start();
    Result<Revision> second = Error{};
    EXPECT_TRUE(support::eventually([&] {
        second = registry->put("/flatlan/a", "2", first, {});
        return second.has_value();
    })) << second.error().to_string();
    EXPECT_TRUE(support::eventually([&] {
        const auto batch = watch->next(100ms);
        return batch && !batch.value().events.empty();
    }));
}

TEST(EtcdWithoutUsers, TakesAUserThatItDoesNotAskFor) {
    const EtcdServer etcd;
    EtcdConfig config = config_of(etcd.url());
    config.user = "node";
    config.password = "secret";
    const auto state = ask(config);
    EXPECT_TRUE(state) << state.error().to_string();
}

}  // namespace
}  // namespace flatlan::registry
