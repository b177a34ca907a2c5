/** Completion scripts: they load, and a Tab gives what the table of commands has. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cli, shell, temporaryDirectory } from '../support/cli.ts';

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;

/** What bash offers after these words; the last one is being typed. */
async function complete(words: string[], cwd?: string): Promise<string[]> {
  const array = words.map((word) => `'${word}'`).join(' ');
  const script = `source <(codoperf completion bash)
    COMP_WORDS=(codoperf ${array}); COMP_CWORD=${words.length}; _codoperf
    (( \${#COMPREPLY[@]} == 0 )) || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await shell(script, { cwd });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean).toSorted();
}

describe('bash', () => {
  test('the script is valid and registers itself', async () => {
    const { stdout, stderr, code } = await shell(
      'codoperf completion bash > c.sh && bash -n c.sh && . ./c.sh && complete -p codoperf',
      {
        cwd: temporaryDirectory(),
      },
    );
    expect([stdout, stderr, code]).toEqual(['complete -F _codoperf codoperf\n', '', 0]);
  });

  test('commands, subcommands, options, choices', async () => {
    expect(await complete(['mon'])).toEqual(['monitor-stats']);
    expect(await complete([''])).toEqual(expect.arrayContaining(['completion', 'config', 'help', 'monitor-stats']));
    expect(await complete(['config', ''])).toEqual(['check', 'show']);
    expect(await complete(['config', 'show', '--o'])).toEqual(['--origin']);
    expect(await complete(['help', 'con'])).toEqual(['config']);
    expect(await complete(['completion', ''])).toEqual(['bash', 'fish', 'zsh']);
    expect(await complete(['completion', 'bash', ''])).toEqual([]);
    expect(await complete(['monitor-stats', '--monitor-type', 'm'])).toEqual(['memory']);
    expect(await complete(['monitor-stats', '--monitor-type', '=', 'm'])).toEqual(['memory']);
    expect(await complete(['monitor-stats', '--monitor-type', '='])).toContain('cpu');
    expect(await complete(['-v', '-i', '2', '--log-level', 'warn', 'monitor-stats', '--dur'])).toEqual(['--duration']);
    expect(await complete(['--log-file', 'config', 'mon'])).toEqual(['monitor-stats']);
    expect(await complete(['monitor-stats', '-i', ''])).toEqual([]);
    expect(await complete(['monitor-stats', '--no'])).toEqual(['--no-color']);
  });

  test('file names, also with blanks', async () => {
    const cwd = temporaryDirectory();
    fs.writeFileSync(`${cwd}/a report.json`, '');
    fs.mkdirSync(`${cwd}/a-directory`);
    expect(await complete(['monitor-stats', '--output-file', 'a'], cwd)).toEqual(['a report.json', 'a-directory']);
    expect(await complete(['monitor-stats', '--path.procfs', 'a'], cwd)).toEqual(['a-directory']);
    expect(await complete(['config', 'check', 'a '], cwd)).toEqual(['a report.json']);
  });
});

test.each(['bash', 'zsh', 'fish'])('%s: every option of the table is in the script', async (name) => {
  const { stdout } = await cli(['completion', name]);
  const words = ['monitor-stats', 'monitor-type', 'path.procfs', 'no-color', 'sysstat-json', 'origin', 'version'];
  for (const word of words) expect(stdout).toContain(word);
});

describe.runIf(has('zsh'))('zsh', () => {
  test('the script is valid', async () => {
    const { stdout } = await cli(['completion', 'zsh']);
    expect(spawnSync('zsh', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});

describe.runIf(has('fish'))('fish', () => {
  test('the script is valid', async () => {
    const { stdout } = await cli(['completion', 'fish']);
    expect(spawnSync('fish', ['--no-execute'], { input: stdout, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});
