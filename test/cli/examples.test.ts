/** Every example in the help works as it stands. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.gen.ts';
import { leafCommands } from '../../src/cli/program.ts';
import { shell, temporaryDirectory } from '../support/cli.ts';

/** Done, partial data, or a finding that the example asks to fail on: the machine decides which. */
const fine = [0, 3, 20, 21];
const examples = leafCommands(commands).flatMap(({ command }) => command.examples);

describe.concurrent('examples', () => {
  test.each(examples)('%s', async (example) => {
    const cwd = temporaryDirectory();
    fs.writeFileSync(path.join(cwd, 'codoperf.config.yaml'), 'interval: 1\n');
    for (const folder of ['.local/share/bash-completion/completions', '.config/fish/completions']) {
      fs.mkdirSync(path.join(cwd, folder), { recursive: true });
    }
    const { code, stderr } = await shell(`fpath=("$HOME" "$HOME")\n${example}`, { cwd, env: { HOME: cwd } });
    expect(stderr).not.toContain('codoperf: internal');
    expect(fine, stderr).toContain(code);
  });

  test.each(leafCommands(commands))('$name has an example', ({ name, command }) => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples) expect(example).toContain(`codoperf ${name}`);
  });
});
