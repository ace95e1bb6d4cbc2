import { Argument, Command } from 'commander';
import { print } from '../terminal.ts';

/** `dpo completion`: a shell script that completes dpo's commands and flags. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .description('Print a script that completes dpo commands in a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', HELP)
    .action((shell: 'bash' | 'zsh' | 'fish') => {
      const commands = program.commands.map((command) => ({
        name: command.name(),
        description: command.description(),
        flags: command.options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long])),
      }));
      print(shell === 'fish' ? fishScript(commands) : bashScript(commands, shell));
    });
}

const HELP = `
Examples:
  $ dpo completion bash >> ~/.bashrc
  $ dpo completion zsh >> ~/.zshrc
  $ dpo completion fish > ~/.config/fish/completions/dpo.fish`;

interface Completed {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly string[];
}

/** Commands first, then the command's flags, and files where no flag is begun. zsh takes bash's through its own bridge. */
function bashScript(commands: readonly Completed[], shell: 'bash' | 'zsh'): string {
  const cases = commands.map(({ name, flags }) => `    ${name}) flags="${[...flags, '--help'].join(' ')}" ;;`);
  return `${shell === 'zsh' ? 'autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n' : ''}_dpo() {
  local word="\${COMP_WORDS[COMP_CWORD]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _dpo dpo
`;
}

const fishScript = (commands: readonly Completed[]): string =>
  `${commands
    .flatMap(({ name, description, flags }) => [
      `complete -c dpo -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
      ...flags.map((flag) => `complete -c dpo -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`),
    ])
    .join('\n')}\n`;

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
