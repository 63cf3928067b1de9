#include <gtest/gtest.h>

#include "overlay/lab/lab_file.hpp"
#include "tests/unit/overlay/lab/refused_text.hpp"

namespace flatlan::lab {
namespace {

// The spec of a Pod; it begins on line 6.
constexpr RefusedText kWrongSpecs[] = {
    {"VolumeThatIsNotDeclared",
     "  volumes: [{name: content, emptyDir: {}}]\n"
     "  containers: [{name: a, volumeMounts: [{name: contents, mountPath: /c}]}]\n",
     "7: spec.containers[0] mounts volume 'contents', which spec.volumes does not have (expected "
     "'content')"},
    {"NoVolumesAtAll", "  containers: [{name: a, volumeMounts: [{name: x, mountPath: /c}]}]\n",
     "6: spec.containers[0] mounts volume 'x', which spec.volumes does not have (expected a volume "
     "of that name in spec.volumes)"},
    {"PortTwice",
     "  containers:\n  - name: a\n    ports:\n    - {containerPort: 80}\n"
     "    - {containerPort: 80, protocol: TCP}\n",
     "10: spec.containers[0].ports[1].containerPort is 80, which this container has already as TCP "
     "port (expected each port once in a container)"},
    {"PortTooLarge", "  containers: [{name: a, ports: [{containerPort: 65536}]}]\n",
     "6: spec.containers[0].ports[0].containerPort is '65536' (expected a whole number from 1 to "
     "65535)"},
    {"ContainerNameTwice", "  containers:\n  - {name: a}\n  - {name: a}\n",
     "8: spec.containers[1] name 'a' is given twice (expected each once)"},
    {"NameOfAnInitContainer", "  initContainers: [{name: a}]\n  containers: [{name: a}]\n",
     "7: spec.containers[0] name 'a' is given twice (expected each once)"},
    {"VolumeNameTwice",
     "  volumes: [{name: a, emptyDir: {}}, {name: a, emptyDir: {}}]\n  containers: [{name: a}]\n",
     "6: spec.volumes[1] name 'a' is given twice (expected each once)"},
    {"ContainerWithoutName", "  containers: [{command: [a]}]\n",
     "6: spec.containers[0] has no name (expected 'name: VALUE' in it)"},
    {"ContainerNameThatIsNoLabel", "  containers: [{name: A_b}]\n",
     "6: spec.containers[0].name is 'A_b' (expected a DNS label: 1 to 63 lower-case letters, "
     "digits "
     "and hyphens)"},
    {"CommandThatIsNoList", "  containers: [{name: a, command: sleep 1}]\n",
     "6: spec.containers[0].command is 'sleep 1' (expected a list, such as [A, B])"},
    {"RestartPolicyOfNoKind", "  restartPolicy: Sometimes\n  containers: [{name: a}]\n",
     "6: spec.restartPolicy is 'Sometimes' (expected Always or OnFailure or Never)"},
    {"RelativeMountPath",
     "  volumes: [{name: v, emptyDir: {}}]\n"
     "  containers: [{name: a, volumeMounts: [{name: v, mountPath: data}]}]\n",
     "7: spec.containers[0].volumeMounts[0].mountPath is 'data' (expected an absolute path, "
     "without '..' and without ':')"},
    {"SubPathThatClimbs",
     "  volumes: [{name: v, emptyDir: {}}]\n"
     "  containers: [{name: a, volumeMounts: [{name: v, mountPath: /d, subPath: a/../../b}]}]\n",
     "7: spec.containers[0].volumeMounts[0].subPath is 'a/../../b' (expected a path inside of the "
     "volume, without '..')"},
    {"MemoryOfNoQuantity", "  containers: [{name: a, resources: {limits: {memory: 64MB}}}]\n",
     "6: spec.containers[0].resources.limits.memory is '64MB' (expected a quantity greater than "
     "zero, such as 64Mi, 1.5G or 500m)"},
    {"NegativeCpu", "  containers: [{name: a, resources: {limits: {cpu: -1}}}]\n",
     "6: spec.containers[0].resources.limits.cpu is '-1' (expected a quantity greater than zero, "
     "such as 64Mi, 1.5G or 500m)"},
    {"ProbeOfNothing", "  containers: [{name: a, livenessProbe: {periodSeconds: 1}}]\n",
     "6: spec.containers[0].livenessProbe says nothing that could be tried (expected exec, "
     "tcpSocket or httpGet in it)"},
    {"ProbeOfAnUnknownPort",
     "  containers: [{name: a, readinessProbe: {tcpSocket: {port: http}}}]\n",
     "6: spec.containers[0].readinessProbe.tcpSocket.port is 'http', which is no name of the "
     "container's ports (expected a number from 1 to 65535, or the name of a port)"},
    {"ConfigMapThatIsNotThere",
     "  volumes: [{name: v, configMap: {name: settings}}]\n  containers: [{name: a}]\n",
     "6: spec.volumes[0].configMap.name is 'settings', a ConfigMap that the file does not have "
     "(expected a document of kind ConfigMap of that name)"},
    {"InitContainersAlone", "  initContainers: [{name: a}]\n",
     "5: spec has initContainers and no containers (expected at least one container)"},
    {"GraceThatIsNoNumber", "  terminationGracePeriodSeconds: soon\n  containers: [{name: a}]\n",
     "6: spec.terminationGracePeriodSeconds is 'soon' (expected a whole number from 0 to 86400)"},
    {"VariableWithoutName", "  containers: [{name: a, env: [{value: b}]}]\n",
     "6: spec.containers[0].env[0] has no name (expected 'name: VALUE' in it)"},
};

class WrongContainers : public testing::TestWithParam<RefusedText> {};

TEST_P(WrongContainers, AreRefusedWithTheirFieldAndWhatWouldBeRight) {
    const std::string text =
        "{apiVersion: flatlan/v1, kind: Lab, metadata: {name: t}}\n---\n"
        "apiVersion: v1\nkind: Pod\n"  // lines 3 and 4
        "spec:\n" +
        std::string{GetParam().text} + "metadata: {name: web}\n";
    const auto refused = parse_lab_file(text, "lab.yaml");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:" + std::string{GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(All, WrongContainers, testing::ValuesIn(kWrongSpecs), name_of);

TEST(WrongSelector, IsRefused) {
    const auto refused = parse_lab_file(
        "{apiVersion: flatlan/v1, kind: Lab, metadata: {name: t}}\n---\n"
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  selector: {matchLabels: {app: web}}\n"
        "  template: {metadata: {labels: {app: wep}}}\n",
        "lab.yaml");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().to_string(),
              "lab.yaml:7: spec.selector.matchLabels.app is 'web', which the template's labels are "
              "not (expected the same label in spec.template.metadata.labels)");
}

}  // namespace
}  // namespace flatlan::lab
