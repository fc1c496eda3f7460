# Prints the completions that zsh offers for a typed line, one per line: zsh -f FILE FOLDER LINE, with the completion function in FOLDER.
zmodload zsh/zpty
zpty shell zsh -f -i
# Completions are printed instead of displayed, between two marks.
zpty -w shell "PS1=; stty -echo; fpath=(${(q)1} \$fpath); autoload -U compinit; compinit -u -D"
zpty -w shell 'setopt rcquotes; zstyle ":completion:*" list-grouped false
compadd() { if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a __hits; builtin compadd -A __hits "$@"; print -rl -- "OFFER "$^__hits; builtin compadd "$@" }
bindkey "^I" complete-word; finish() { print -r -- "THE END"; exit }; zle -N finish; bindkey "^X" finish; print READY'
zpty -r shell out '*READY*READY*' 2>/dev/null
zpty -w -n shell "$2"$'\t'$'\x18'
zpty -r shell out '*THE END*'
print -r -- "$out" | tr -d '\r' | sed -n 's/^.*OFFER //p' | sort -u
