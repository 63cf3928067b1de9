#include "tools/cli/verbs.hpp"

namespace flatlan::cli {

std::vector<Verb> make_verbs(LabService& labs) {
    std::vector<Verb> verbs{
        up_verb(labs),       apply_verb(labs), down_verb(labs),  ls_verb(labs),
        ps_verb(labs),       exec_verb(labs),  logs_verb(labs),  forward_verb(labs),
        scale_verb(labs),    reach_verb(labs), trace_verb(labs), capture_verb(labs),
        upkeep_verb(labs),   node_verb(labs),  fault_verb(labs), lesson_verb(),
        exercise_verb(labs), ipam_verb(labs),  cni_verb(),       doctor_verb(labs),
        completion_verb(),   version_verb(),
    };
    verbs.push_back(complete_verb(labs, verbs));
    return verbs;
}

}  // namespace flatlan::cli
