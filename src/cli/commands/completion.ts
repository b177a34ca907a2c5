import type { Command } from '../command.ts';

const shells = ['bash', 'zsh', 'fish'];

export default {
  name: 'completion',
  summary: 'Print a completion script for a shell.',
  positionals: [{ syntax: '<shell>', help: `One of ${shells.join(', ')}.`, choices: shells }],
  options: [],
  ignoresConfigFiles: true,
  examples: [
    'codoperf completion bash > ~/.local/share/bash-completion/completions/codoperf',
    'codoperf completion zsh > "${fpath[1]}/_codoperf"',
    'codoperf completion fish > ~/.config/fish/completions/codoperf.fish',
  ],
  async run(_options, [shell], { commands, stdout }) {
    const { completionScript } = await import('../completion/script.ts');
    await stdout.write(completionScript(shell, commands));
    return 0;
  },
} satisfies Command;
