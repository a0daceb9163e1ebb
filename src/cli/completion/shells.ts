// The scripts that tell a shell to ask `lantern-eval complete`, and the form in which each shell wants the answer.
// Pure.
import type {Line} from './line.js'
import type {Candidate} from './values.js'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** Words that end so go on: no blank is put behind them. */
const goesOn = /[/=:#]$/

/**
 * bash replaces only what follows the last `:` or `=` of the word, because both are in its COMP_WORDBREAKS; the rest of
 * the word must be left out. The blank behind a finished word is part of it, so that other words can go on. Within
 * quotes bash replaces all of the word, and closes the quote itself.
 */
function forBash(candidates: readonly Candidate[], {word, quote}: Line): string[] {
  if (quote !== '') return candidates.map(candidate => candidate.word)
  const kept = Math.max(word.lastIndexOf(':'), word.lastIndexOf('=')) + 1
  return candidates.map(({word: whole}) => {
    const written = whole.slice(kept).replaceAll(/[\s"'`$&|;<>()*?!\\#[\]{}]/g, '\\$&')
    return goesOn.test(whole) ? written : `${written} `
  })
}

/** One candidate a line: for zsh and fish the word, a tab and what it is about. */
export function answerFor(shell: Shell, candidates: readonly Candidate[], line: Line): string[] {
  if (shell === 'bash') return forBash(candidates, line)
  return candidates.map(({word, about = ''}) => `${word}\t${about.replaceAll(/\s+/g, ' ')}`)
}

/** How to switch completion on, and the script itself. */
export const scripts: Readonly<Record<Shell, {readonly install: string; readonly script: string}>> = {
  bash: {
    install: "echo 'source <(lantern-eval autocomplete bash)' >> ~/.bashrc",
    script: `# Completion of lantern-eval in bash. Put into ~/.bashrc: source <(lantern-eval autocomplete bash)
_lantern_eval() {
  COMPREPLY=()
  local candidate
  while IFS= read -r candidate; do
    COMPREPLY+=("$candidate")
  done < <("\${COMP_WORDS[0]}" complete bash -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o nospace -F _lantern_eval lantern-eval`,
  },
  zsh: {
    install: "echo 'source <(lantern-eval autocomplete zsh)' >> ~/.zshrc",
    script: `# Completion of lantern-eval in zsh. Put into ~/.zshrc: source <(lantern-eval autocomplete zsh)
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_lantern_eval() {
  local answer word
  local -a open open_about done done_about
  for answer in "\${(@f)$("$words[1]" complete zsh -- "\${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)}"; do
    [[ -n $answer ]] || continue
    word="\${answer%%$'\\t'*}"
    if [[ $word == *[/=:#] ]]; then
      open+=("$word") open_about+=("\${answer//$'\\t'/  }")
    else
      done+=("$word") done_about+=("\${answer//$'\\t'/  }")
    fi
  done
  (( $#done )) && compadd -l -d done_about -a done
  (( $#open )) && compadd -l -S '' -d open_about -a open
}
compdef _lantern_eval lantern-eval`,
  },
  fish: {
    install: 'lantern-eval autocomplete fish > ~/.config/fish/completions/lantern-eval.fish',
    script: `# Completion of lantern-eval in fish. Save as ~/.config/fish/completions/lantern-eval.fish
complete -c lantern-eval -f -a '(lantern-eval complete fish -- (commandline -cp) 2>/dev/null)'`,
  },
}
