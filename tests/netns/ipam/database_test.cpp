// `flatlan ipam --database` on a database of leases and the network namespaces that are really
// there, with faults that are made for real.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <sstream>

#include "ipam/store/memory_lease_store.hpp"
#include "ipam/store/sqlite_lease_store.hpp"
#include "overlay/linux/address.hpp"
#include "overlay/linux/boot.hpp"
#include "overlay/linux/machine_namespaces.hpp"
#include "overlay/linux/veth.hpp"
#include "tests/support/network_test.hpp"
#include "tests/support/own_processes.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tools/cli/machine_lab_service.hpp"
#include "tools/cli/program.hpp"
#include "tools/cli/verbs.hpp"

namespace flatlan::ipam {
namespace {

using support::must;
using testing::HasSubstr;

struct Answer {
    int status;
    std::string text;
};

/// The program `flatlan`, in this process.
Answer flatlan(std::vector<std::string> words) {
    cli::MachineLabService machine;
    std::ostringstream out, err;
    cli::Console console{.out = out, .err = err};
    const auto verbs = cli::make_verbs(machine);
    const auto status = cli::run_program(verbs, words, console);
    return {static_cast<int>(status), out.str() + err.str()};
}

/// A node: a database with a block, and pods in network namespaces.
class Machine {
public:
    Machine() { must(serve(*open(), "10.244.0.0/26")); }

    static Result<void> serve(LeaseStore& store, std::string_view block) {
        FLATLAN_TRY_VOID(store.hold_block(support::prefix(block)));
        return store.serve_block(support::prefix(block));
    }
    std::unique_ptr<SqliteLeaseStore> open() {
        return must(SqliteLeaseStore::open(
            {.file = file(), .boot = must(read_boot_id()), .clock = boot_time_now}));
    }
    std::string file() const { return (folder_.path() / "leases.db").string(); }

    /// A pod as a CNI plugin makes it: the lease first, then the namespace with its address.
    IpAddress add_pod(const std::string& name) {
        Namespace& network =
            networks_.emplace(name, must(Namespace::create_network())).first->second;
        const LeaseKey key = must(LeaseKey::from("net", name, "eth0"));
        const IpAddresses given = must(open()->allocate(
            key, {.ipv4 = true, .origin = {must(read_boot_id()), NetnsInode{network.inode()}}}));
        Netlink netlink = must(Netlink::open_in(network));
        must(create_veth(
            netlink, {.near = {.name = InterfaceName{"eth0"}, .mac = MacAddress::local_from(1)},
                      .far = {.name = InterfaceName{"peer"}, .mac = MacAddress::local_from(2)}}));
        must(set_link(netlink, InterfaceName{"eth0"}, {.up = true, .alias = key.text()}));
        give(name, *given.ipv4);
        return *given.ipv4;
    }
    /// Puts an address into a pod's namespace, whoever has it.
    void give(const std::string& pod, const IpAddress& address) {
        Netlink netlink = must(Netlink::open_in(networks_.at(pod)));
        const Link link = must(get_link(netlink, InterfaceName{"eth0"}));
        must(create_address(netlink, {address, 32, link.index}));
    }
    /// Deletes a pod's namespace behind its lease's back.
    void lose_namespace(const std::string& pod) { networks_.erase(pod); }

    Answer ipam(std::vector<std::string> words) const {
        words.insert(words.begin(), "ipam");
        words.insert(words.end(), {"--database", file()});
        return flatlan(std::move(words));
    }

private:
    support::TemporaryFolder folder_;
    std::map<std::string, Namespace> networks_;
};

class DatabaseTest : public support::NetworkTest {};

TEST_F(DatabaseTest, NothingIsWrongWithPodsThatHaveTheirAddresses) {
    support::run_alone([] {
        Machine machine;
        machine.add_pod("a");
        machine.add_pod("b");
        const Answer check = machine.ipam({"check"});
        EXPECT_EQ(check.status, 0) << check.text;
        EXPECT_THAT(check.text, HasSubstr("nothing is wrong (1 node, 1 block, 2 leases)"));
        EXPECT_THAT(check.text, HasSubstr("no registry was asked"));
        EXPECT_THAT(machine.ipam({"show"}).text, HasSubstr("2 leased, 62 free"));
        EXPECT_THAT(machine.ipam({"gc"}).text, HasSubstr("no lease has leaked"));
    });
}

TEST_F(DatabaseTest, ALeaseWhoseNamespaceIsDeletedIsFoundAndCollected) {
    support::run_alone([] {
        Machine machine;
        const IpAddress lost = machine.add_pod("a");
        machine.add_pod("b");
        machine.lose_namespace("a");
        const Answer check = machine.ipam({"check"});
        EXPECT_EQ(check.status, 1) << check.text;
        EXPECT_THAT(check.text, HasSubstr("leaked lease net/a/eth0"));
        EXPECT_THAT(machine.ipam({"gc", "--dry-run"}).text,
                    HasSubstr("would release net/a/eth0 (" + to_string(lost) + ")"));
        EXPECT_EQ(machine.ipam({"check"}).status, 1) << "a dry run changes nothing";
        const Answer gc = machine.ipam({"gc"});
        EXPECT_EQ(gc.status, 0);
        EXPECT_THAT(gc.text, HasSubstr("released net/a/eth0 (" + to_string(lost) + ")"));
        EXPECT_EQ(machine.ipam({"check"}).status, 0);
        EXPECT_TRUE(must(machine.open()->find(must(LeaseKey::from("net", "b", "eth0")))));
    });
}

TEST_F(DatabaseTest, AnAddressThatTwoNamespacesHaveIsFound) {
    support::run_alone([] {
        Machine machine;
        const IpAddress address = machine.add_pod("a");
        machine.add_pod("b");
        machine.give("b", address);
        const Answer check = machine.ipam({"check"});
        EXPECT_EQ(check.status, 1);
        EXPECT_THAT(check.text, HasSubstr("duplicate address " + to_string(address)));
        EXPECT_THAT(check.text, HasSubstr("(net/a/eth0)"));
        EXPECT_THAT(check.text, HasSubstr("(net/b/eth0)"));
    });
}

TEST_F(DatabaseTest, AnAddressThatNobodyLeasedIsFound) {
    support::run_alone([] {
        Machine machine;
        machine.add_pod("a");
        machine.give("a", support::ip("10.244.0.33"));
        machine.give("a", support::ip("192.168.3.3"));
        const Answer check = machine.ipam({"check"});
        EXPECT_EQ(check.status, 1);
        EXPECT_THAT(check.text, HasSubstr(": 1 problem\n\nunleased address 10.244.0.33"));
    });
}

TEST_F(DatabaseTest, ADuplicateRecordInAnotherNodesStoreIsFound) {
    support::run_alone([] {
        Machine machine;
        const IpAddress address = machine.add_pod("a");
        MemoryLeaseStore other{{boot_time_now, Incarnation{2}, {}}};
        must(Machine::serve(other, "10.244.0.0/28"));
        AddressRequest same;
        same.wanted.set(address);
        must(other.allocate(must(LeaseKey::from("net", "z", "eth0")), same));

        MachineNamespaces namespaces;
        ClusterSurvey survey{{support::prefix("10.244.0.0/16")}, {}, std::nullopt};
        survey.nodes.push_back({{must(NodeName::from("n1")), Incarnation{1}},
                                must(machine.open()->view()),
                                must(namespaces.addresses()),
                                {}});
        survey.nodes.push_back(
            {{must(NodeName::from("n2")), Incarnation{2}}, must(other.view()), {}, {}});
        std::vector<std::string> found;
        for (const Finding& finding : audit(survey))
            found.push_back(std::string{to_string(finding.kind)} + " " + finding.subject);
        EXPECT_THAT(found, testing::ElementsAre("duplicate_address " + to_string(address),
                                                "overlapping_blocks 10.244.0.0/26 10.244.0.0/28",
                                                "leaked_lease net/z/eth0"));
    });
}

TEST_F(DatabaseTest, ADestroyedDatabaseIsMadeAnewFromTheNamespaces) {
    support::run_alone([] {
        Machine machine;
        const IpAddress first = machine.add_pod("a");
        machine.add_pod("b");
        std::filesystem::remove(machine.file() + "-wal");
        std::ofstream{machine.file()} << std::string(8192, 'x');
        const Answer check = machine.ipam({"check"});
        EXPECT_EQ(check.status, 1);
        EXPECT_THAT(check.text, HasSubstr(machine.file()));
        EXPECT_THAT(check.text, HasSubstr("flatlan ipam rebuild --database"));

        const Answer rebuild = machine.ipam({"rebuild", "--blocks", "10.244.0.0/26"});
        EXPECT_EQ(rebuild.status, 0) << rebuild.text;
        EXPECT_THAT(rebuild.text, HasSubstr("2 leases made from live network namespaces"));
        EXPECT_EQ(machine.ipam({"check"}).status, 0);
        EXPECT_EQ(
            must(machine.open()->find(must(LeaseKey::from("net", "a", "eth0"))))->addresses.ipv4,
            first.ipv4());
        EXPECT_EQ(machine.add_pod("c"), support::ip("10.244.0.2"));
    });
}

TEST_F(DatabaseTest, AHealthyDatabaseIsMadeAnewOnlyWhenThatIsSaid) {
    support::run_alone([] {
        Machine machine;
        machine.add_pod("a");
        const Answer refused = machine.ipam({"rebuild"});
        EXPECT_EQ(refused.status, 1);
        EXPECT_THAT(refused.text, HasSubstr("is not damaged"));
        EXPECT_THAT(refused.text, HasSubstr("--force"));
        EXPECT_FALSE(std::filesystem::exists(machine.file() + ".damaged-1"));
        EXPECT_EQ(machine.ipam({"rebuild", "--force"}).status, 0);
        EXPECT_TRUE(std::filesystem::exists(machine.file() + ".damaged-1"));
        EXPECT_EQ(machine.ipam({"check"}).status, 0);
    });
}

TEST_F(DatabaseTest, AFileThatIsNotThereIsNamedAndNotMade) {
    support::run_alone([] {
        const Answer check =
            flatlan({"ipam", "check", "--database", "/tmp/flatlan-none/leases.db"});
        EXPECT_EQ(check.status, 1);
        EXPECT_THAT(check.text, HasSubstr("there is no database '/tmp/flatlan-none/leases.db'"));
    });
}

}  // namespace
}  // namespace flatlan::ipam
