#include "tools/cni/pod_of.hpp"

#include <gtest/gtest.h>

namespace flatlan::cni {
namespace {

TEST(PodOf, IsToldByKubernetes) {
    EXPECT_EQ(pod_of("K8S_POD_NAMESPACE=default;K8S_POD_NAME=web"), "default/web");
    EXPECT_EQ(pod_of("IgnoreUnknown=1;K8S_POD_NAMESPACE=kube-system;"
                     "K8S_POD_NAME=etcd-a.example.com;K8S_POD_INFRA_CONTAINER_ID=7"),
              "kube-system/etcd-a.example.com");
}

TEST(PodOf, IsNothingWhereItIsNotToldOrNoName) {
    for (const char* const arguments :
         {"", ";", "K8S_POD_NAME=web", "K8S_POD_NAMESPACE=default",
          "K8S_POD_NAMESPACE;K8S_POD_NAME", "K8S_POD_NAMESPACE=;K8S_POD_NAME=",
          "K8S_POD_NAMESPACE=a b;K8S_POD_NAME=web", "K8S_POD_NAMESPACE=a;K8S_POD_NAME=b/c",
          "K8S_POD_NAMESPACE=a;K8S_POD_NAME=B", "XK8S_POD_NAMESPACE=a;XK8S_POD_NAME=b"})
        EXPECT_EQ(pod_of(arguments), "") << arguments;
}

}  // namespace
}  // namespace flatlan::cni
