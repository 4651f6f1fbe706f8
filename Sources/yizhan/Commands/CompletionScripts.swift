/// The scripts that teach a shell to ask `yizhan __complete`.
enum CompletionScripts {
  /// - Throws: `UsageError` for a shell without a script.
  static func print(_ shell: String?, _ console: any Console) throws -> ExitCode {
    switch shell {
    case "bash": console.write(bash)
    case "zsh": console.write(zsh)
    case "fish": console.write(fish)
    default:
      throw UsageError(
        shell.map { "there is no completion script for \"\($0)\"" } ?? "for which shell?",
        hint: "yizhan completions bash, zsh or fish")
    }
    return .ok
  }

  static let bash = #"""
    # Completion of yizhan for bash 4.4 or later.
    _yizhan() {
      local answer kind word about current="${COMP_WORDS[COMP_CWORD]}"
      COMPREPLY=()
      answer="$(yizhan __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" || return
      kind="${answer%%$'\n'*}"
      if [[ "$kind" == files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "${current#=}")
        return
      fi
      while IFS=$'\t' read -r word about; do
        # bash breaks words at "=", so only what follows it is put in.
        if [[ "$current" == "=" || "${COMP_WORDS[COMP_CWORD-1]}" == "=" ]]; then word="${word#*=}"; fi
        [[ -n "$word" ]] && COMPREPLY+=("$word")
      done < <(tail -n +2 <<< "$answer")
    }
    complete -F _yizhan yizhan

    """#

  static let zsh = #"""
    #compdef yizhan
    # Completion of yizhan for zsh.
    _yizhan() {
      local -a lines described
      local line
      lines=("${(@f)$(yizhan __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
      if [[ "${lines[1]}" == files ]]; then
        _files
        return
      fi
      for line in "${(@)lines[2,-1]}"; do
        [[ -z "$line" ]] && continue
        described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
      done
      _describe 'yizhan' described
    }
    if [[ "${funcstack[1]}" == _yizhan ]]; then _yizhan "$@"; else compdef _yizhan yizhan; fi

    """#

  static let fish = #"""
    # Completion of yizhan for fish.
    function __yizhan_complete
      set -l words (commandline -opc) (commandline -ct)
      set -l answer (yizhan __complete $words[2..-1] 2>/dev/null)
      if test "$answer[1]" = files
        __fish_complete_path (commandline -ct)
      else if test (count $answer) -gt 1
        printf '%s\n' $answer[2..-1]
      end
    end
    complete -c yizhan -f -a '(__yizhan_complete)'

    """#
}
