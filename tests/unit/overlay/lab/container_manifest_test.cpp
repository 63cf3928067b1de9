#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "overlay/lab/lab_file.hpp"
#include "tests/unit/overlay/lab/refused_text.hpp"

namespace flatlan::lab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::string_view kLab = "{apiVersion: flatlan/v1, kind: Lab, metadata: {name: t}}\n---\n";

LabFile parse(const std::string& text) {
    auto lab = parse_lab_file(std::string{kLab} + text, "lab.yaml");
    EXPECT_TRUE(lab) << lab.error().to_string();
    return std::move(lab).value();
}

constexpr const char* kWeb = R"(
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  restartPolicy: OnFailure
  hostname: www
  terminationGracePeriodSeconds: 5
  shareProcessNamespace: true
  volumes:
  - {name: content, emptyDir: {medium: Memory, sizeLimit: 1.5Mi}}
  - {name: host, hostPath: {path: /usr/share/doc/}}
  - {name: config, configMap: {name: settings, items: [{key: a.conf, path: sub/b.conf}]}}
  initContainers:
  - {name: setup, command: [sh, -c, "true"]}
  - {name: proxy, restartPolicy: Always, command: [proxy]}
  containers:
  - name: server
    command: [serve]
    args: ["--port", "8080"]
    workingDir: /srv
    env:
    - {name: PLAIN, value: "1"}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: FROM, valueFrom: {configMapKeyRef: {name: settings, key: a.conf}}}
    envFrom: [{configMapRef: {name: settings}}]
    ports: [{name: http, containerPort: 8080}, {containerPort: 8080, protocol: UDP}]
    resources: {limits: {memory: 64Mi, cpu: 250m, ephemeral-storage: 1M}}
    volumeMounts:
    - {name: content, mountPath: /content/, subPath: a/b, readOnly: true}
    livenessProbe:
      httpGet: {path: health, port: http}
      initialDelaySeconds: 3
      periodSeconds: 4
      timeoutSeconds: 2
      failureThreshold: 5
    readinessProbe: {exec: {command: [test, -f, /ready]}}
    startupProbe: {tcpSocket: {port: 8080}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a.conf: "one $(two)\n"}
)";

TEST(ContainerManifest, SaysWhatAPodIs) {
    const LabFile lab = parse(kWeb);
    EXPECT_THAT(lab.warnings,
                ElementsAre("lab.yaml:1: volume 'host': /usr/share/doc of this machine is "
                            "read-only, as spec.writableHostPaths does not name it"));
    const pod::PodTemplate* pod = contents_of(lab.spec, lab.spec.pods.front());
    ASSERT_NE(pod, nullptr);
    EXPECT_EQ(pod->restart_policy, pod::RestartPolicy::on_failure);
    EXPECT_EQ(pod->hostname, "www");
    EXPECT_EQ(pod->grace_period, 5s);
    EXPECT_TRUE(pod->share_process_namespace);
    ASSERT_EQ(pod->volumes.size(), 3U);
    EXPECT_EQ(std::get<pod::EmptyDir>(pod->volumes[0].source).size_limit_bytes, 1572864U);
    EXPECT_EQ(std::get<pod::HostPath>(pod->volumes[1].source).path, "/usr/share/doc");
    EXPECT_THAT(std::get<pod::ConfigMapFiles>(pod->volumes[2].source).files,
                ElementsAre(Pair("sub/b.conf", "one $(two)\n")));
    ASSERT_EQ(pod->init_containers.size(), 2U);
    EXPECT_FALSE(pod->init_containers[0].sidecar);
    EXPECT_TRUE(pod->init_containers[1].sidecar);
}

TEST(ContainerManifest, SaysWhatAContainerIs) {
    const LabFile lab = parse(kWeb);
    const pod::PodTemplate* pod = contents_of(lab.spec, lab.spec.pods.front());
    ASSERT_NE(pod, nullptr);
    const pod::ContainerSpec& server = pod->containers.at(0);
    EXPECT_THAT(server.command, ElementsAre("serve"));
    EXPECT_THAT(server.args, ElementsAre("--port", "8080"));
    EXPECT_EQ(server.working_dir, "/srv");
    EXPECT_THAT(server.environment, ElementsAre(pod::EnvironmentVariable{"a.conf", "one $$(two)\n"},
                                                pod::EnvironmentVariable{"PLAIN", "1"},
                                                pod::EnvironmentVariable{"IP", "", "status.podIP"},
                                                pod::EnvironmentVariable{"FROM", "one $$(two)\n"}));
    EXPECT_EQ(server.limits.memory_bytes, 64U << 20U);
    EXPECT_EQ(server.limits.cpu_millis, 250U);
    EXPECT_EQ(server.limits.disk_bytes, 1'000'000U);
    EXPECT_THAT(server.mounts, ElementsAre(pod::VolumeMount{"content", "/content", "a/b", true}));
    const pod::Probe liveness{.action = pod::HttpAction{Port{8080}, "/health"},
                              .initial_delay = 3s,
                              .period = 4s,
                              .timeout = 2s,
                              .failure_threshold = 5};
    EXPECT_EQ(server.liveness, liveness);
    EXPECT_EQ(std::get<pod::ExecAction>(server.readiness->action).command.size(), 3U);
    EXPECT_EQ(std::get<pod::TcpAction>(server.startup->action).port, Port{8080});
}

TEST(ContainerManifest, DropsNothingWithoutAWord) {
    const LabFile lab = parse(R"(
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext: {runAsUser: 1000}
  volumes: [{name: keys, secret: {secretName: keys}}]
  containers:
  - {name: a, image: "nginx:1.25", ports: [{containerPort: 80, hostPort: 80}], tty: true}
  - {name: b, command: [b], ports: [{containerPort: 80}], resources: {requests: {cpu: 1}}}
)");
    EXPECT_THAT(
        lab.warnings,
        ElementsAre(
            "lab.yaml:9: Pod 'web': volume 'keys' is an empty folder: 'secret' is not done "
            "by this version (it has emptyDir, hostPath and configMap)",
            "lab.yaml:10: Pod 'web': containers 'a' and 'b' both declare port 80/TCP, and a "
            "pod has each port once",
            "lab.yaml:4: Pod 'web': images are not fetched: a (nginx:1.25); this "
            "machine's own files are there instead",
            "lab.yaml:4: Pod 'web': no command is given, so nothing runs in a",
            "lab.yaml:4: Pod 'web': without effect in this version: spec.securityContext, "
            "spec.containers[0].tty, spec.containers[0].ports[0].hostPort, "
            "spec.containers[1].resources.requests"));
}

TEST(ContainerManifest, LetsReplicasShareWhatTheyRun) {
    const LabFile lab = parse(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: server, command: [serve]}]}
)");
    EXPECT_THAT(lab.warnings, IsEmpty());
    EXPECT_EQ(lab.spec.templates.size(), 1U);
    ASSERT_EQ(lab.spec.pods.size(), 3U);
    for (const PodSpec& pod : lab.spec.pods)
        EXPECT_EQ(pod.contents, 0U);
}

TEST(ContainerManifest, MayWriteTheHostWhereTheLabAllowsIt) {
    auto lab = parse_lab_file(R"(
apiVersion: flatlan/v1
kind: Lab
metadata: {name: t}
spec: {writableHostPaths: [/srv/data]}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes:
  - {name: below, hostPath: {path: /srv/data/web}}
  - {name: beside, hostPath: {path: /srv/database}}
  containers: [{name: server, command: [serve]}]
)",
                              "lab.yaml");
    ASSERT_TRUE(lab) << lab.error().to_string();
    const auto& volumes = lab.value().spec.templates.at(0).volumes;
    EXPECT_TRUE(std::get<pod::HostPath>(volumes[0].source).writable);
    EXPECT_FALSE(std::get<pod::HostPath>(volumes[1].source).writable);
}

}  // namespace
}  // namespace flatlan::lab
