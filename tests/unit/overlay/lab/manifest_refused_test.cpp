#include <gtest/gtest.h>

#include "overlay/lab/lab_file.hpp"
#include "tests/unit/overlay/lab/refused_text.hpp"

namespace flatlan::lab {
namespace {

// A lab, and a Kubernetes document from line 5 on.
constexpr RefusedText kWrongManifests[] = {
    {"PodOnNoNode",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web}\nspec: {nodeName: n33}\n",
     "5: pod 'web' is bound to node 'n33', which is not in the lab (expected 'n3')"},
    {"PodOnNoNodeNearAny",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web}\nspec: {nodeName: frankfurt}\n",
     "5: pod 'web' is bound to node 'frankfurt', which is not in the lab (expected one of the 3 "
     "nodes from 'n1' to 'n3')"},
    {"PodNameThatIsNoLabel",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web.example}\n",
     "7: pod name 'web.example' is no DNS label (expected 1 to 63 lower-case letters, digits and "
     "hyphens, no hyphen at either end)"},
    {"PodNamespaceThatIsNoLabel",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web, namespace: A}\n",
     "7: namespace 'A' is no DNS label (expected 1 to 63 lower-case letters, digits and hyphens, "
     "no hyphen at either end)"},
    {"PodWithoutName",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {generateName: web-}\n",
     "7: metadata has no name (expected 'name: VALUE' in it)"},
    {"PodTwice",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
     "9: pod name 'web' is given twice, first at lab.yaml:5 (expected each name once in a "
     "namespace)"},
    {"PodOfADeploymentTwice",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web-2}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: "
     "web}\nspec: {replicas: 2, template: {}}\n",
     "9: pod name 'web-2' is given twice, first at lab.yaml:5 (expected each name once in a "
     "namespace)"},
    {"PodOnTheHostNetwork",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web}\nspec: {hostNetwork: true}\n",
     "8: spec.hostNetwork is 'true', which this version cannot do yet (expected false)"},
    {"PodOfAnotherVersion",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v2\nkind: "
     "Pod\nmetadata: {name: web}\n",
     "5: apiVersion is 'v2' (expected v1)"},
    {"DeploymentOfAnOldVersion",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: "
     "extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\n",
     "5: apiVersion is 'extensions/v1beta1' (expected apps/v1)"},
    {"DeploymentWithoutTemplate",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: apps/v1\nkind: "
     "Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n",
     "8: spec has no template (expected 'template: VALUE' in it)"},
    {"TooManyReplicas",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: apps/v1\nkind: "
     "Deployment\nmetadata: {name: web}\nspec: {replicas: 100001, template: {}}\n",
     "8: spec.replicas is '100001' (expected a whole number from 0 to 100000)"},
    {"TooManyPodsTogether",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\nspec: {pods: {count: "
     "1}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: "
     "100000, template: {}}\n",
     "4: the file has too many pods (expected at most 100000)"},
    {"LongNameOfAReplica",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: apps/v1\nkind: "
     "Deployment\nmetadata: {name: "
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\nspec: {replicas: 3, "
     "template: {}}\n",
     "7: pod name 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-3' is no DNS "
     "label (expected 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end)"},
    {"ContainersThatAreNoList",
     "apiVersion: flatlan/v1\nkind: Lab\nmetadata: {name: t}\n---\napiVersion: v1\nkind: "
     "Pod\nmetadata: {name: web}\nspec: {containers: {name: c}}\n",
     "8: spec.containers is a mapping (expected a list, such as [A, B])"},
};

class WrongManifest : public testing::TestWithParam<RefusedText> {};

TEST_P(WrongManifest, IsRefusedWithItsPlaceAndWhatWouldBeRight) {
    const auto refused = parse_lab_file(GetParam().text, "lab.yaml");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().to_string(), "lab.yaml:" + std::string{GetParam().message});
}

INSTANTIATE_TEST_SUITE_P(All, WrongManifest, testing::ValuesIn(kWrongManifests), name_of);

}  // namespace
}  // namespace flatlan::lab
