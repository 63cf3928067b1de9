#include <gtest/gtest.h>

#include "overlay/lab/lab_file.hpp"
#include "tests/unit/overlay/lab/refused_text.hpp"

namespace flatlan::lab {
namespace {

// Under `spec:`, whose first line is 5.
constexpr RefusedText kWrongKeysAndNodes[] = {
    {"UnknownKey", "  nodse: 3\n", "5: spec: unknown key 'nodse' (expected 'nodes')"},
    {"UnknownKeyThatIsNearNothing", "  frobnicate: 3\n",
     "5: spec: unknown key 'frobnicate' (expected nodes, podCIDRs, blockSize, underlay, tunnel, "
     "pods, agents, egress, writableHostPaths)"},
    {"UnknownKeyInAMapping", "  tunnel:\n    backend: kernel\n    vnl: 3\n",
     "7: spec.tunnel: unknown key 'vnl' (expected 'vni')"},
    {"UnknownKeyThatWouldSteerATerminal", "  \"a\\e[31m\": 3\n",
     "5: spec: unknown key 'a\\x1b[31m' (expected nodes, podCIDRs, blockSize, underlay, tunnel, "
     "pods, agents, egress, writableHostPaths)"},
    {"NoNodes", "  nodes: 0\n", "5: spec.nodes is '0' (expected a whole number from 1 to 5000)"},
    {"EmptyNodeList", "  nodes: []\n", "5: spec.nodes has 0 nodes (expected 1 to 5000)"},
    {"NegativeNodes", "  nodes: -1\n",
     "5: spec.nodes is '-1' (expected a whole number from 1 to 5000)"},
    {"HugeNodes", "  nodes: 99999999999999999999999\n",
     "5: spec.nodes is '99999999999999999999999' (expected a whole number from 1 to 5000)"},
    {"NodesOverTheLimit", "  nodes: 5001\n",
     "5: spec.nodes is '5001' (expected a whole number from 1 to 5000)"},
    {"NodesAsText", "  nodes: \"3\"\n",
     "5: spec.nodes is the text '3' (expected a whole number from 1 to 5000)"},
    {"NodesAsFraction", "  nodes: 3.0\n",
     "5: spec.nodes is '3.0' (expected a whole number from 1 to 5000)"},
    {"NodesWithoutValue", "  nodes:\n  pods: {count: 1}\n",
     "5: spec.nodes is empty (expected a whole number from 1 to 5000)"},
    {"NodesAsMapping", "  nodes: {count: 3}\n",
     "5: spec.nodes is a mapping (expected a number of nodes, or a list of them)"},
    {"NodeThatIsNoMapping", "  nodes: [n1, n2]\n",
     "5: spec.nodes[0] is 'n1' (expected a mapping such as {name: n1})"},
    {"NodeWithoutName", "  nodes:\n  - {backend: kernel}\n",
     "6: spec.nodes[0] has no name (expected 'name: VALUE' in it)"},
    {"NodeNameThatIsNoLabel", "  nodes:\n  - {name: n1}\n  - {name: Node_2}\n",
     "7: node name 'Node_2' is no DNS label (expected 1 to 63 lower-case letters, digits and "
     "hyphens, no hyphen at either end)"},
    {"NodeNameTwice", "  nodes:\n  - {name: n1}\n  - {name: n2}\n  - {name: n1}\n",
     "8: node name 'n1' is given twice, first at lab.yaml:6 (expected each name once)"},
    {"NodeWithUnknownKey", "  nodes: [{name: n1, undrelay: [172.31.0.5]}]\n",
     "5: spec.nodes[0]: unknown key 'undrelay' (expected 'underlay')"},
    {"NodeWithTwoAddressesOfAFamily", "  nodes: [{name: n1, underlay: [172.31.0.5, 172.31.0.6]}]\n",
     "5: spec.nodes[0].underlay[1] is a second IPv4 address (expected one address of each family)"},
    {"NodeAddressThatIsNone", "  nodes: [{name: n1, underlay: [172.31.0.256]}]\n",
     "5: spec.nodes[0].underlay[0]: '172.31.0.256' is no IP address (expected an address such as "
     "10.244.0.1 or fd00:10:244::1)"},
    {"NodeBackendThatIsNone", "  nodes: [{name: n1, backend: ebpf}]\n",
     "5: spec.nodes[0].backend is 'ebpf' (expected kernel or user or direct)"},
    {"KeyTwice", "  nodes: 3\n  nodes: 4\n",
     "6: key 'nodes' is given twice, first on line 5 (expected each key once)"},
};

class WrongKeyOrNode : public testing::TestWithParam<RefusedText> {};

TEST_P(WrongKeyOrNode, IsRefusedWithItsPlaceAndWhatWouldBeRight) {
    const auto refused = parse_lab_file(lab_with_spec(GetParam().text), "lab.yaml");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:" + std::string{GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(All, WrongKeyOrNode, testing::ValuesIn(kWrongKeysAndNodes), name_of);

// Prefixes and blocks, under `spec:`.
constexpr RefusedText kWrongNetworks[] = {
    {"PrefixWithHostBits", "  podCIDRs: [10.244.0.1/16]\n",
     "5: spec.podCIDRs[0]: prefix '10.244.0.1/16' has host bits set (expected 10.244.0.0/16)"},
    {"PrefixThatIsNone", "  podCIDRs: [10.244.0.0]\n",
     "5: spec.podCIDRs[0]: '10.244.0.0' is no prefix (expected ADDRESS/LENGTH, such as "
     "10.244.0.0/16 or fd00:10:244::/56)"},
    {"PrefixesWithoutAList", "  podCIDRs: 10.244.0.0/16\n",
     "5: spec.podCIDRs is '10.244.0.0/16' (expected a list, such as [A, B])"},
    {"NoPrefixes", "  podCIDRs: []\n",
     "5: spec.podCIDRs is a list (expected one prefix, or one of each family)"},
    {"TwoPrefixesOfAFamily", "  podCIDRs: [10.244.0.0/16, 10.245.0.0/16]\n",
     "5: spec.podCIDRs[1] is 10.245.0.0/16, which is of the same family as 10.244.0.0/16 (expected "
     "one IPv4 prefix)"},
    {"OverlappingPodPrefixes", "  podCIDRs:\n  - 10.244.0.0/16\n  - 10.244.128.0/17\n",
     "7: spec.podCIDRs[1] is 10.244.128.0/17, which overlaps 10.244.0.0/16 (expected one IPv4 "
     "prefix)"},
    {"PodsOverlapTheUnderlay", "  podCIDRs: [10.0.0.0/8]\n  underlay: {cidrs: [10.1.0.0/16]}\n",
     "5: pod prefix 10.0.0.0/8 overlaps the underlay's prefix 10.1.0.0/16 (expected prefixes "
     "without a common address)"},
    {"PodsOverlapTheUnderlaysDefault", "  podCIDRs: [172.16.0.0/12]\n",
     "5: pod prefix 172.16.0.0/12 overlaps the underlay's prefix 172.31.0.0/16 (expected prefixes "
     "without a common address)"},
    {"UnderlayOverlapsThePodsDefault", "  underlay: {cidrs: [10.244.1.0/24]}\n",
     "5: pod prefix 10.244.0.0/16 overlaps the underlay's prefix 10.244.1.0/24 (expected prefixes "
     "without a common address)"},
    {"LoopbackPrefix", "  podCIDRs: [127.0.0.0/16]\n",
     "5: spec.podCIDRs[0] is 127.0.0.0/16 and overlaps the loopback range 127.0.0.0/8 (expected a "
     "range for hosts, such as 10.244.0.0/16)"},
    {"LinkLocalPrefix", "  podCIDRs: [\"fe80::/64\"]\n",
     "5: spec.podCIDRs[0] is fe80::/64 and overlaps the link-local range fe80::/10 (expected a "
     "range for hosts, such as fd00:10:244::/56)"},
    {"ReservedPrefix", "  podCIDRs: [240.0.0.0/16]\n",
     "5: spec.podCIDRs[0] is 240.0.0.0/16 and overlaps the reserved range 240.0.0.0/4 (expected a "
     "range for hosts, such as 10.244.0.0/16)"},
    {"EverythingAsPrefix", "  podCIDRs: [0.0.0.0/0]\n",
     "5: spec.podCIDRs[0] is 0.0.0.0/0 and overlaps the 'this network' range 0.0.0.0/8 (expected a "
     "range for hosts, such as 10.244.0.0/16)"},
    {"BlockLargerThanThePrefix", "  podCIDRs: [10.244.0.0/28]\n",
     "5: a block of /26 is larger than the pod prefix 10.244.0.0/28 (expected blockSize ipv4 from "
     "28 to 32)"},
    {"BlockLargerThanThePrefixByItself", "  blockSize: {ipv4: 12}\n",
     "5: a block of /12 is larger than the pod prefix 10.244.0.0/16 (expected blockSize ipv4 from "
     "16 to 32)"},
    {"BlockSizeOfTheOtherFamily", "  blockSize: {ipv4: 122}\n",
     "5: spec.blockSize.ipv4 is '122' (expected a whole number from 8 to 32)"},
    {"Ipv6BlockSizeOfTheOtherFamily", "  blockSize: {ipv6: 26}\n",
     "5: spec.blockSize.ipv6 is '26' (expected a whole number from 104 to 128)"},
    {"BlockSizeAsNumber", "  blockSize: 26\n",
     "5: spec.blockSize is '26' (expected a mapping, KEY: VALUE)"},
};

class WrongNetwork : public testing::TestWithParam<RefusedText> {};

TEST_P(WrongNetwork, IsRefusedWithItsPlaceAndWhatWouldBeRight) {
    const auto refused = parse_lab_file(lab_with_spec(GetParam().text), "lab.yaml");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:" + std::string{GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(All, WrongNetwork, testing::ValuesIn(kWrongNetworks), name_of);

// Everything else under `spec:`.
constexpr RefusedText kWrongSettings[] = {
    {"MtuBelowEveryLink", "  underlay: {mtu: 67}\n",
     "5: spec.underlay.mtu is '67' (expected a whole number from 68 to 65535)"},
    {"MtuOverAnyPacket", "  underlay: {mtu: 65536}\n",
     "5: spec.underlay.mtu is '65536' (expected a whole number from 68 to 65535)"},
    {"UnknownTopology", "  underlay: {topology: star}\n",
     "5: spec.underlay.topology is 'star' (expected routed or bridged)"},
    {"PeerCountsPerhaps", "  tunnel: {peerCounts: perhaps}\n",
     "5: spec.tunnel.peerCounts is 'perhaps' (expected on or off)"},
    {"VniOver24Bits", "  tunnel: {vni: 16777216}\n",
     "5: spec.tunnel.vni is '16777216' (expected a whole number from 0 to 16777215)"},
    {"PortZero", "  tunnel: {port: 0}\n",
     "5: spec.tunnel.port is '0' (expected a whole number from 1 to 65535)"},
    {"PortOver16Bits", "  tunnel: {port: 65536}\n",
     "5: spec.tunnel.port is '65536' (expected a whole number from 1 to 65535)"},
    {"UnknownBackend", "  tunnel: {backend: ebpf}\n",
     "5: spec.tunnel.backend is 'ebpf' (expected kernel or user or direct)"},
    {"TunnelAsText", "  tunnel: vxlan\n",
     "5: spec.tunnel is 'vxlan' (expected a mapping, KEY: VALUE)"},
    {"UnknownAgents", "  agents: daemons\n",
     "5: spec.agents is 'daemons' (expected supervisor or process)"},
    {"Masquerade", "  egress: masquerade\n",
     "5: spec.egress is 'masquerade', which this version cannot do yet (expected none)"},
    {"NegativePods", "  pods: {count: -5}\n",
     "5: spec.pods.count is '-5' (expected a whole number from 0 to 100000)"},
    {"PodsOverTheLimit", "  pods: {count: 100001}\n",
     "5: spec.pods.count is '100001' (expected a whole number from 0 to 100000)"},
    {"PodsAsNumber", "  pods: 12\n", "5: spec.pods is '12' (expected a mapping, KEY: VALUE)"},
};

class WrongSetting : public testing::TestWithParam<RefusedText> {};

TEST_P(WrongSetting, IsRefusedWithItsPlaceAndWhatWouldBeRight) {
    const auto refused = parse_lab_file(lab_with_spec(GetParam().text), "lab.yaml");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:" + std::string{GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(All, WrongSetting, testing::ValuesIn(kWrongSettings), name_of);

// Whole files: what is and is not a Lab document.
constexpr RefusedText kWrongHeads[] = {
    {"Empty", "",
     " the file is empty (expected a document 'apiVersion: flatlan/v1', 'kind: Lab', 'metadata: "
     "{name: NAME}')"},
    {"CommentsAlone", "# nothing\n---\n# here\n",
     " the file is empty (expected a document 'apiVersion: flatlan/v1', 'kind: Lab', 'metadata: "
     "{name: NAME}')"},
    {"NoLab", "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
     " the file has no document of kind Lab (expected a document 'apiVersion: flatlan/v1', 'kind: "
     "Lab', 'metadata: {name: NAME}')"},
    {"TwoLabs",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: flatlan/v1\nkind: "
     "Lab\nmetadata: {name: t}\n",
     "5: a second document of kind Lab, the first is at lab.yaml:1 (expected one lab a file)"},
    {"DocumentWithoutKind", "apiVersion: v1\n",
     "1: the document has no kind (expected Lab, Pod, Deployment, ReplicaSet or List)"},
    {"DocumentThatIsNoMapping", "- apiVersion: v1\n",
     "1: the document is a list (expected a mapping with apiVersion and kind)"},
    {"DocumentThatIsText", "hello\n",
     "1: the document is 'hello' (expected a mapping with apiVersion and kind)"},
    {"LabOfAnotherVersion", "apiVersion: flatlan/v2\nkind: Lab\nmetadata: {name: t}\n",
     "1: apiVersion is 'flatlan/v2' (expected flatlan/v1)"},
    {"LabOfKubernetes", "apiVersion: v1\nkind: Lab\nmetadata: {name: t}\n",
     "1: apiVersion is 'v1' (expected flatlan/v1)"},
    {"AnotherKindOfOurs", "apiVersion: flatlan/v1\nkind: Lap\nmetadata: {name: t}\n",
     "2: kind is 'Lap' (expected Lab)"},
    {"LabWithoutMetadata", "apiVersion: flatlan/v1\nkind: Lab\n",
     "1: the document has no metadata (expected 'metadata: VALUE' in it)"},
    {"LabWithoutName", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {}\n",
     "3: metadata has no name (expected 'name: VALUE' in it)"},
    {"LabNameThatIsNoLabel", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: My Lab}\n",
     "3: lab name 'My Lab' is no DNS label (expected 1 to 63 lower-case letters, digits and "
     "hyphens, no hyphen at either end)"},
    {"LabNameThatIsANumberWord", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: [t]}\n",
     "3: metadata.name is a list (expected text)"},
    {"SpecAsList", "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec: [nodes]\n",
     "4: spec is a list (expected a mapping, KEY: VALUE)"},
};

class WrongDocument : public testing::TestWithParam<RefusedText> {};

TEST_P(WrongDocument, IsRefusedWithItsPlaceAndWhatWouldBeRight) {
    const auto refused = parse_lab_file(GetParam().text, "lab.yaml");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:" + std::string{GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(All, WrongDocument, testing::ValuesIn(kWrongHeads), name_of);

}  // namespace
}  // namespace flatlan::lab
