// What etcd does that no other store does: it is restarted, restored, another one, or none at all.
#include "overlay/registry/etcd/etcd_registry.hpp"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "overlay/registry/etcd/etcd.grpc.pb.h"
#include "overlay/registry/mirror.hpp"
#include "tests/support/etcd_server.hpp"
#include "tests/support/eventually.hpp"

namespace flatlan::registry {
namespace {

using namespace std::chrono_literals;
using support::EtcdServer;
using support::eventually;
using testing::HasSubstr;

EtcdConfig config_of(const std::vector<std::string>& urls) {
    EtcdConfig config;
    for (const std::string& url : urls)
        config.endpoints.push_back(EtcdEndpoint::from_url(url).value());
    config.call_timeout = 1s;
    return config;
}

std::unique_ptr<EtcdRegistry> connect(const std::vector<std::string>& urls) {
    return EtcdRegistry::create(config_of(urls)).value();
}

TEST(Etcd, GoesOnAfterARestartWithAllItsData) {
    EtcdServer etcd;
    const auto registry = connect({etcd.url()});
    const auto written = registry->put("w/a", "1", Revision{}, {}).value();
    const RegistryState before = registry->state().value();
    Mirror mirror{*registry, "w/"};
    ASSERT_TRUE(mirror.poll(0s));
    etcd.kill();
    std::string text;
    EXPECT_TRUE(eventually([&] {
        const auto lost = registry->put("w/a", "2", written, {});
        text = lost.has_value() ? "" : lost.error().text();
        return text.ends_with(etcd.url() + ": connection refused");
    })) << text;
    EXPECT_TRUE(eventually([&] { return !mirror.poll(100ms); })) << "the watch says it, too";
    EXPECT_EQ(mirror.records().at("w/a").value, "1") << "what is known stays known";
    etcd.start();
    EXPECT_TRUE(eventually([&] { return registry->state().has_value(); }));
    EXPECT_EQ(registry->state().value().cluster, before.cluster);
    ASSERT_TRUE(registry->put("w/a", "3", written, {}));
    EXPECT_TRUE(eventually([&] {
        (void)mirror.poll(100ms);
        return mirror.records().at("w/a").value == "3";
    }));
}

TEST(Etcd, AnEtcdThatWasMadeAnewIsAnotherRegistry) {
    EtcdServer etcd;
    const auto registry = connect({etcd.url()});
    ASSERT_TRUE(registry->put("w/a", "1", Revision{}, {}));
    const RegistryState before = registry->state().value();
    const auto watch = registry->watch("w/", before.revision, {}).value();
    etcd.kill();
    etcd.lose_data();
    etcd.start();
    ASSERT_TRUE(eventually([&] { return registry->state().has_value(); }));
    const RegistryState after = registry->state().value();
    EXPECT_TRUE(after.cluster != before.cluster || after.revision < before.revision);
    EXPECT_TRUE(eventually([&] {
        const auto batch = watch->next(100ms);
        return batch && batch.value().gap;
    }));
}

TEST(Etcd, ARevisionThatWentBackIsAGapAndAMirrorForgetsWhatIsGone) {
    EtcdServer etcd;
    const auto registry = connect({etcd.url()});
    ASSERT_TRUE(registry->put("w/kept", "1", Revision{}, {}));
    etcd.kill();
    etcd.save_data();
    etcd.start();
    ASSERT_TRUE(eventually([&] { return registry->state().has_value(); }));
    ASSERT_TRUE(registry->put("w/lost", "1", Revision{}, {}));
    Mirror mirror{*registry, "w/"};
    ASSERT_TRUE(mirror.poll(0s));
    ASSERT_EQ(mirror.records().size(), 2U);
    const RegistryState before = registry->state().value();
    etcd.kill();
    etcd.restore_data();
    etcd.start();
    EXPECT_TRUE(eventually([&] {
        (void)mirror.poll(100ms);
        return mirror.records().size() == 1;
    }));
    EXPECT_EQ(registry->state().value().cluster, before.cluster);
    EXPECT_LT(registry->state().value().revision, before.revision);
}

TEST(Etcd, AsksTheNextMemberWhenOneIsDown) {
    EtcdServer dead;
    const EtcdServer alive;
    const auto registry = connect({dead.url(), alive.url()});
    dead.kill();
    const auto written = registry->put("a", "1", Revision{}, {});
    EXPECT_TRUE(written) << written.error().to_string();
    EXPECT_TRUE(registry->get("a").value());
}

TEST(Etcd, ReadsFromTheNextMemberWhenOneHangs) {
    EtcdServer hung;
    const EtcdServer alive;
    const auto registry = connect({hung.url(), alive.url()});
    ASSERT_TRUE(registry->state());
    hung.pause();
    const auto read = registry->state();
    EXPECT_TRUE(read) << read.error().to_string();
    hung.resume();
}

TEST(Etcd, GoesOnWithThreeMembersWhicheverIsKilled) {
    const auto members = EtcdServer::start_cluster(3);
    std::vector<std::string> urls;
    for (const auto& member : members)
        urls.push_back(member->url());
    const auto registry = connect(urls);
    std::string last;
    ASSERT_TRUE(eventually([&] {
        // A record whose answer came too late, before there was a leader, is written all the same.
        const auto there = registry->get("w/a");
        if (there && there.value()) return there.value()->value == "0";
        const auto written = registry->put("w/a", "0", Revision{}, {});
        if (!written) last = written.error().to_string();
        return written.has_value();
    })) << last;
    Mirror mirror{*registry, "w/"};
    ASSERT_TRUE(eventually([&] { return mirror.poll(100ms).has_value(); }));
    const std::uint64_t cluster = registry->state().value().cluster;
    int value = 0;
    for (const auto& member : members) {  // the leader is one of them
        member->kill();
        const std::string next = std::to_string(++value);
        EXPECT_TRUE(eventually(
            [&] {
                const auto now = registry->get("w/a");
                if (now && now.value() && now.value()->value != next)
                    (void)registry->put("w/a", next, now.value()->revision, {});
                (void)mirror.poll(10ms);
                return mirror.records().at("w/a").value == next;
            },
            30s))
            << "without " << member->url();
        member->start();
    }
    EXPECT_TRUE(eventually([&] { return registry->state().has_value(); }));
    EXPECT_EQ(registry->state().value().cluster, cluster);
}

TEST(Etcd, AWatchOfAMemberWithoutALeaderSaysSoAndGoesOnWhenThereIsOneAgain) {
    const auto members = EtcdServer::start_cluster(3);
    const auto registry = connect({members[0]->url()});
    const auto write = [&](const std::string& key) {
        return eventually([&] {
            const auto written = registry->put(key, "1", Revision{}, {});
            return written || written.error().code() == ErrorCode::conflict;
        });
    };
    ASSERT_TRUE(write("w/a"));
    const auto watch = registry->watch("w/", registry->state().value().revision, {}).value();
    const auto sees = [&](const std::string& key) {
        return eventually([&] {
            const auto batch = watch->next(100ms);
            return batch && !batch.value().events.empty() &&
                   batch.value().events.back().record.key == key;
        });
    };
    ASSERT_TRUE(write("w/b"));
    ASSERT_TRUE(sees("w/b"));
    members[1]->pause();
    members[2]->pause();
    std::string told;
    EXPECT_TRUE(eventually(
        [&] {
            const auto batch = watch->next(100ms);
            if (!batch) told = batch.error().to_string();
            return told.find("has no leader") != std::string::npos;
        },
        15s))
        << told;
    members[1]->resume();
    members[2]->resume();
    ASSERT_TRUE(write("w/c"));
    EXPECT_TRUE(sees("w/c"));
}

TEST(Etcd, SaysWhenNobodyListens) {
    std::string url;
    {
        const EtcdServer gone;
        url = gone.url();
    }
    const auto lost = connect({url})->get("a");
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(lost.error().text(),
              "read 'a': etcd cannot be reached: " + url + ": connection refused");
}

/// Something that says it is an etcd of a version, and can do nothing else.
class Impostor final : public etcdserverpb::Maintenance::Service {
public:
    explicit Impostor(std::string version) : version_{std::move(version)} {
        grpc::ServerBuilder builder;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
        builder.RegisterService(this);
        server_ = builder.BuildAndStart();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    grpc::Status Status(grpc::ServerContext* /*context*/,
                        const etcdserverpb::StatusRequest* /*request*/,
                        etcdserverpb::StatusResponse* answer) override {
        if (version_.empty()) return {grpc::StatusCode::UNIMPLEMENTED, "unknown service"};
        answer->set_version(version_);
        return grpc::Status::OK;
    }

private:
    std::string version_;
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
};

TEST(Etcd, RefusesAnotherVersionAndNamesBoth) {
    for (const auto* version : {"2.3.8", "3.3.27", "4.0.0", "new"}) {
        const Impostor server{version};
        const auto refused = connect({server.url()})->put("a", "1", Revision{}, {});
        ASSERT_FALSE(refused) << version;
        EXPECT_EQ(refused.error().code(), ErrorCode::unsupported);
        EXPECT_THAT(refused.error().text(), HasSubstr(std::string{"of version "} + version));
        EXPECT_EQ(refused.error().expected(), "3.4 or a later 3");
    }
}

TEST(Etcd, RefusesAGrpcServerThatIsNoEtcd) {
    const Impostor server{""};
    const auto refused = connect({server.url()})->state();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unsupported);
}

TEST(EtcdEndpoint, IsReadFromAUrl) {
    for (const auto* url :
         {"http://127.0.0.1:2379", "https://etcd.test:2379", "https://[fd00::1]:65535"})
        EXPECT_EQ(to_string(EtcdEndpoint::from_url(url).value()), url);
    EXPECT_EQ(to_string(EtcdEndpoint::from_url("http://a:1/").value()), "http://a:1");
}

TEST(EtcdEndpoint, SaysWhatIsWrongWithAUrl) {
    const auto text = [](std::string_view url) {
        const auto made = EtcdEndpoint::from_url(url);
        EXPECT_FALSE(made) << url;
        return made ? std::string{} : made.error().text();
    };
    EXPECT_THAT(text("127.0.0.1:2379"), HasSubstr("does not begin with http://"));
    EXPECT_THAT(text("unix:///run/etcd"), HasSubstr("does not begin with http://"));
    EXPECT_THAT(text("http://127.0.0.1"), HasSubstr("has no port"));
    EXPECT_THAT(text("http://[::1]"), HasSubstr("has no port"));
    EXPECT_THAT(text("http://a:0"), HasSubstr("no port from 1 to 65535"));
    EXPECT_THAT(text("http://a:99999"), HasSubstr("no port from 1 to 65535"));
    EXPECT_THAT(text("http://:2379"), HasSubstr("has no host"));
    EXPECT_THAT(text("http://::1:2379"), HasSubstr("without brackets"));
    EXPECT_THAT(text("http://a:2379/v3"), HasSubstr("has a path"));
    EXPECT_THAT(text("http://me:secret@a:2379"), HasSubstr("has a user in it"));
    EXPECT_THAT(text("http://me:secret@a:2379"), testing::Not(HasSubstr("secret")));
}

TEST(EtcdConfig, RefusesWhatContradictsItself) {
    const auto text = [](EtcdConfig config) {
        const auto made = EtcdRegistry::create(std::move(config));
        EXPECT_FALSE(made);
        return made ? std::string{} : made.error().text();
    };
    EXPECT_THAT(text(config_of({})), HasSubstr("0 endpoints"));
    EXPECT_THAT(text(config_of({"http://a:1", "https://b:1"})), HasSubstr("are mixed"));
    EtcdConfig config = config_of({"http://a:1"});
    config.authority_file = "ca.pem";
    EXPECT_THAT(text(config), HasSubstr("without TLS"));
    config = config_of({"https://a:1"});
    config.certificate_file = "client.pem";
    EXPECT_THAT(text(config), HasSubstr("useful together"));
    config = config_of({"http://a:1"});
    config.user = "node";
    EXPECT_THAT(text(config), HasSubstr("useful together"));
}

}  // namespace
}  // namespace flatlan::registry
