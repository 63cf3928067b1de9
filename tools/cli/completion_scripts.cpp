#include "tools/cli/completion.hpp"

namespace flatlan::cli {
namespace {

// Each script hands the words up to the cursor to `flatlan __complete`, which prints one candidate
// a line, a tab and its summary behind it; a line ":files" asks the shell for names of files.

constexpr std::string_view kBash =
    R"sh(# bash completion of flatlan: source <(flatlan completion bash)
_flatlan() {
    local line candidates=() current="${COMP_WORDS[COMP_CWORD]}"
    [[ $current == "=" ]] && current=""
    while IFS= read -r line; do
        if [[ $line == ":files" ]]; then
            compopt -o filenames
            mapfile -t -O "${#candidates[@]}" candidates < <(compgen -f -- "$current")
        else
            candidates+=("${line%%$'\t'*}")
        fi
    done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=("${candidates[@]}")
}
complete -F _flatlan flatlan
)sh";

constexpr std::string_view kZsh = R"sh(#compdef flatlan
# zsh completion of flatlan: source <(flatlan completion zsh)
_flatlan() {
    local line word summary
    local -a described
    for line in ${(f)"$(${words[1]} __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
        if [[ $line == ":files" ]]; then
            _files
        else
            word=${line%%$'\t'*} summary=${line#*$'\t'}
            described+=("${word//:/\\:}${summary:+:$summary}")
        fi
    done
    (( ${#described} )) && _describe -V flatlan described
}
if [[ $funcstack[1] == _flatlan ]]; then
    _flatlan "$@"
else
    compdef _flatlan flatlan
fi
)sh";

constexpr std::string_view kFish =
    R"sh(# fish completion of flatlan: flatlan completion fish | source
function __flatlan_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c flatlan -f -k -a '(__flatlan_complete)'
)sh";

}  // namespace

std::string_view completion_script(std::string_view shell) {
    if (shell == "bash") return kBash;
    if (shell == "zsh") return kZsh;
    return kFish;
}

}  // namespace flatlan::cli
