"""The scripts that shells load. Each calls `nbcloud __complete`, which prints the completions.

- First the action: `words` to offer the lines below, `files` to offer files.
- Then a line for each word: `-` if it is complete or `+` if it continues, the word, a tab, its description.

For bash, which replaces a part of the word and has no descriptions, a line is the replacement.
"""

from __future__ import annotations

BASH = r"""
# bash completion of nbcloud; load it with: source <(nbcloud completion bash)
_nbcloud() {
    local line first=1
    COMPREPLY=()
    # Line by line: a word may hold what the shell would expand, and bash 3.2 has no mapfile.
    while IFS= read -r line; do
        if [[ $first ]]; then
            first=
            if [[ $line == files ]]; then
                compopt -o default +o nospace 2> /dev/null || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
                return
            fi
        else
            COMPREPLY+=("$line")
        fi
    done < <("$1" __complete bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2> /dev/null)
}
# A space after a whole word is a part of what is offered.
complete -o nospace -F _nbcloud nbcloud
"""

ZSH = r"""
#compdef nbcloud
# zsh completion of nbcloud; load it with: source <(nbcloud completion zsh)
_nbcloud() {
    local -a lines whole whole_shown part part_shown
    local line word
    lines=("${(@f)$("${words[1]}" __complete zsh "${(Q)PREFIX}" "${(@Q)words[2,CURRENT-1]}" 2> /dev/null)}")
    if [[ $lines[1] == files ]]; then
        _files
        return
    fi
    for line in "${(@)lines[2,-1]}"; do
        word="${${line#?}%%$'\t'*}"
        if [[ $line == -* ]]; then
            whole+=("$word")
            whole_shown+=("${${line#?}//$'\t'/  -- }")
        else
            part+=("$word")
            part_shown+=("${${line#?}//$'\t'/  -- }")
        fi
    done
    (( $#whole )) && compadd -l -d whole_shown -a whole
    (( $#part )) && compadd -l -S '' -d part_shown -a part
    (( $#whole + $#part ))
}
if [[ "$funcstack[1]" == _nbcloud ]]; then
    _nbcloud "$@"
else
    compdef _nbcloud nbcloud
fi
"""

FISH = r"""
# fish completion of nbcloud; load it with: nbcloud completion fish | source
function __nbcloud_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete fish "$current" $words[2..-1] 2> /dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$current"
        return
    end
    for line in $lines[2..-1]
        string sub -s 2 -- $line
    end
end
complete -c nbcloud -f -a '(__nbcloud_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
