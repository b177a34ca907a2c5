/** Configuration as a user meets it: precedence, files that are wrong, files that are not to be trusted. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CliOptions } from '../support/cli.ts';
import { cli, shell, temporaryDirectory } from '../support/cli.ts';

const isRoot = process.geteuid?.() === 0;

/** Writes files below a new directory. */
function tree(files: Record<string, string>): string {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    fs.writeFileSync(path.join(directory, name), text);
  }
  return directory;
}

describe('precedence: flags > variables > project > user > default', () => {
  const project = { 'codoperf.config.yaml': 'interval: 3\n' };
  const user = { 'user/config.yaml': 'interval: 4\n' };
  const named = { 'named.json': '{"interval": 5}' };
  const section = { 'codoperf.config.yaml': 'values: {interval: 6}\ninterval: 3\n' };
  const cases: [
    what: string,
    files: Record<string, string>,
    env: Record<string, string>,
    args: string,
    value: number,
  ][] = [
    ['default', {}, {}, 'values', 1],
    ['user', user, {}, 'values', 4],
    ['project beats user', { ...user, ...project }, {}, 'values', 3],
    ['JSON in the project', { 'codoperf.config.json': '{\n\t"interval": 7\n}' }, {}, 'values', 7],
    ['variable beats project', { ...user, ...project }, { CODOPERF_INTERVAL: '2' }, 'values', 2],
    ['an empty variable is not set', project, { CODOPERF_INTERVAL: '' }, 'values', 3],
    ['flag beats variable', project, { CODOPERF_INTERVAL: '2' }, 'values -i 9', 9],
    ['flag before the command', project, { CODOPERF_INTERVAL: '2' }, '-i 9 values', 9],
    ['the flag nearer to the command wins', {}, {}, '-i 8 values -i 9', 9],
    ['the last flag wins', {}, {}, 'values -i 8 --interval=9', 9],
    ['--config replaces the others', { ...user, ...project, ...named }, {}, '--config named.json values', 5],
    ['CODOPERF_CONFIG too', { ...project, ...named }, { CODOPERF_CONFIG: 'named.json' }, 'values', 5],
    [
      '--config beats CODOPERF_CONFIG',
      { ...project, ...named },
      { CODOPERF_CONFIG: '/nonexistent' },
      'values --config named.json',
      5,
    ],
  ];
  test.each(cases)('%s', async (_, files, env, args, value) => {
    const cwd = tree(files);
    const { stdout, stderr } = await shell(`probe ${args}`, {
      cwd,
      env: { CODOPERF_CONFIG_DIR: `${cwd}/user`, ...env },
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ interval: value });
  });

  test('a section beats the top, for its command only', async () => {
    const cwd = tree({ 'codoperf.config.yaml': 'interval: 3\nmonitor_stats:\n  interval: 6\n' });
    const { stdout } = await cli(['config', 'show', '--format', 'json'], { cwd });
    const { commands } = JSON.parse(stdout) as { commands: Record<string, Record<string, unknown>> };
    expect(commands['monitor-stats'].interval).toEqual({ value: 6, origin: './codoperf.config.yaml:3' });
    expect((await shell('probe values', { cwd: tree(section) })).stdout).toContain('"interval":6');
  });

  test('lists: repeated flags, a variable with commas, a file with one or many', async () => {
    const tags = async (args: string, options: CliOptions = {}): Promise<unknown> =>
      (JSON.parse((await shell(`probe values ${args}`, options)).stdout) as { tag?: unknown }).tag;
    expect(await tags('--tag a --tag b')).toEqual(['a', 'b']);
    expect(await tags('', { env: { CODOPERF_TAG: 'a, b' } })).toEqual(['a', 'b']);
    expect(await tags('', { cwd: tree({ 'codoperf.config.yaml': 'tag: a' }) })).toEqual(['a']);
    expect(await tags('', { cwd: tree({ 'codoperf.config.yaml': 'tag: [a, b]' }) })).toEqual(['a', 'b']);
    expect(await tags('--tag c', { cwd: tree({ 'codoperf.config.yaml': 'tag: [a, b]' }) })).toEqual(['c']);
  });

  test('a bad variable is a usage error that names it', async () => {
    const { code, stderr } = await cli(['monitor-stats', '--duration', '1'], { env: { CODOPERF_INTERVAL: '5s' } });
    expect(stderr).toContain("option 'CODOPERF_INTERVAL': must be a number of seconds from 0.01 to 86400 (got '5s')");
    expect(code).toBe(2);
  });

  test('an unknown variable close to a known one is reported, not an error', async () => {
    const { stderr, code } = await cli(['config', 'show'], {
      env: { CODOPERF_INTERVALL: '5', CODOPERF_OTHER_TOOL: 'x' },
    });
    expect(stderr).toBe(
      'codoperf: warning: ignoring the variable CODOPERF_INTERVALL, which is unknown. Did you mean CODOPERF_INTERVAL?\n',
    );
    expect(code).toBe(0);
  });
});

describe('files that are wrong: exit 6 and file:line', () => {
  const cases: [what: string, file: string, text: string, problems: string[]][] = [
    ['syntax of YAML', 'c.yaml', 'interval: 1\nwarn: [a\nb: 2\n', ['c.yaml:3: ']],
    ['syntax of JSON', 'c.json', '{\n  "interval": 1,\n  "duration" 2\n}', ['c.json:3: ']],
    ['a key twice', 'c.yaml', 'interval: 1\nduration: 5\ninterval: 2\n', ['c.yaml:3: map keys must be unique']],
    ['an unknown key', 'c.yaml', '# c\nintervall: 1\n', ["c.yaml:2: unknown key 'intervall'. Did you mean interval?"]],
    ['a key with dashes', 'c.yaml', 'log-level: warn', ["c.yaml:1: unknown key 'log-level'. Did you mean log_level?"]],
    [
      'an unknown key of a section',
      'c.yaml',
      'monitor_stats:\n  formt: csv\n',
      ["c.yaml:2: unknown key 'monitor_stats.formt'. Did you mean format?"],
    ],
    [
      'an unknown nested key',
      'c.yaml',
      'path:\n  procf: /x\n',
      ["c.yaml:2: unknown key 'path.procf'. Did you mean procfs?"],
    ],
    [
      'an unknown collector',
      'c.yaml',
      'collectors:\n  cpus: true\n',
      ["c.yaml:2: unknown key 'collectors.cpus'. Did you mean cpu?"],
    ],
    [
      'a wrong type',
      'c.yaml',
      '\ninterval: fast\n',
      ['c.yaml:2: interval must be a number of seconds from 0.01 to 86400 (got "fast")'],
    ],
    [
      'a number out of range',
      'c.yaml',
      'interval: 0\n',
      ['c.yaml:1: interval must be a number of seconds from 0.01 to 86400 (got 0)'],
    ],
    ['not a number', 'c.yaml', 'interval: .nan\n', ['c.yaml:1: interval must be']],
    [
      'nothing',
      'c.yaml',
      'interval:\n',
      ['c.yaml:1: interval must be a number of seconds from 0.01 to 86400 (got nothing)'],
    ],
    [
      'a wrong choice',
      'c.json',
      '{"monitor_type":\n "cpus"}',
      ['c.json:2: monitor_type must be one of cpu, memory, disk, network or all (got "cpus")'],
    ],
    ['a flag that is a text', 'c.yaml', 'verbose: yes\n', ['c.yaml:1: verbose must be true or false (got "yes")']],
    [
      'a wrong item of a list',
      'c.yaml',
      'warn:\n  - cpu=85\n  - 3\n',
      ['c.yaml:3: warn must be a text that is not empty, or a list of such (got 3)'],
    ],
    [
      'a collector that is no flag',
      'c.yaml',
      'collectors: {cpu: 1}',
      ['c.yaml:1: collectors.cpu must be true or false (got 1)'],
    ],
    ['a list at the top', 'c.yaml', '- interval: 1', ['c.yaml:1: the file must hold keys with values']],
    ['a text at the top', 'c.yaml', 'interval', ['c.yaml:1: the file must hold keys with values']],
    ['an option that only the command line has', 'c.yaml', 'once: true', ["c.yaml:1: unknown key 'once'"]],
    ['an alias of nothing', 'c.yaml', '\nwarn: *x', ['c.yaml:2: the alias *x stands for nothing']],
    ['two documents', 'c.yaml', 'interval: 1\n---\ninterval: 2\n', ['c.yaml:2: ']],
    ['a key that is a list', 'c.yaml', '? [a, b]\n: 1', ["c.yaml:1: unknown key '[ a, b ]'"]],
    ['a tag', 'c.yaml', 'interval: !!js/function x', ['c.yaml:1: unresolved tag']],
    ['several', 'c.yaml', 'foo: 1\ninterval: 0\n', ["c.yaml:1: unknown key 'foo'", 'c.yaml:2: interval must']],
    ['control characters', 'c.yaml', '"a\\e[2Jb": 1', ["c.yaml:1: unknown key 'a\\x1b[2Jb'"]],
  ];
  test.each(cases)('%s', async (_, file, text, problems) => {
    const cwd = tree({ [file]: text });
    const { code, stdout, stderr } = await cli(['config', 'check', file], { cwd });
    expect(stderr).toBe('');
    expect(code).toBe(6);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(problems.length);
    for (const [i, problem] of problems.entries()) expect(lines[i]).toContain(problem);
  });

  test('a command refuses to start with them', async () => {
    const cwd = tree({ 'codoperf.config.yaml': 'foo: 1\ninterval: 0\n' });
    const { code, stdout, stderr } = await cli(['monitor-stats', '--duration', '1'], { cwd });
    expect(stderr).toBe(
      "codoperf: ./codoperf.config.yaml:1: unknown key 'foo' (and 1 more problem)\n" +
        '  Mend the file, then run `codoperf config check ./codoperf.config.yaml`.\n',
    );
    expect([code, stdout]).toEqual([6, '']);
    expect((await cli(['completion', 'bash'], { cwd })).code).toBe(0);
  });

  test('files that cannot be read', async () => {
    const cwd = tree({ 'latin1.yaml': '', 'denied.yaml': 'interval: 1' });
    fs.writeFileSync(path.join(cwd, 'latin1.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
    fs.writeFileSync(path.join(cwd, 'huge.yaml'), Buffer.alloc(2_000_000, 0x23));
    fs.chmodSync(path.join(cwd, 'denied.yaml'), 0);
    fs.chmodSync(cwd, 0o755);
    const reasons: [string, string][] = [
      ['absent.yaml', 'it does not exist'],
      ['.', 'it is a directory'],
      ['/dev/tty', ''],
      ['latin1.yaml', 'it is not UTF-8 text'],
      ['huge.yaml', 'it has more than 1048576 bytes'],
    ];
    for (const [file, reason] of reasons) {
      const { code, stderr } = await cli(['config', 'check', file], { cwd });
      expect(stderr).toContain(`cannot read the configuration file '${file}': ${reason}`);
      expect(code).toBe(6);
    }
    const denied = await cli(['--config', 'denied.yaml', 'config', 'show'], isRoot ? { cwd, uid: 65_534 } : { cwd });
    expect(denied.stderr).toContain("cannot read the configuration file 'denied.yaml': permission denied");
    expect(denied.code).toBe(6);
  });
});

describe('config check and show', () => {
  test('check without problems, and without files', async () => {
    const cwd = tree({ 'codoperf.config.yaml': 'interval: 2\n', 'empty.yaml': '', 'comment.yaml': '# nothing\n' });
    expect(await cli(['config', 'check'], { cwd })).toMatchObject({
      code: 0,
      stdout: './codoperf.config.yaml: no problems\n',
    });
    expect(await cli(['config', 'check', 'empty.yaml'], { cwd })).toMatchObject({ code: 0 });
    expect(await cli(['config', 'check', 'comment.yaml'], { cwd })).toMatchObject({ code: 0 });
    expect((await cli(['config', 'check'])).stdout).toContain('no configuration file applies here');
  });

  test('check reads a pipe', async () => {
    expect((await shell("codoperf config check <(echo 'interval: 0'); echo $?")).stdout).toMatch(
      /^\/dev\/fd\/\d+:1: interval must .*\n6\n$/,
    );
  });

  test('show prints a valid file, with origins in comments', async () => {
    const cwd = tree({ 'codoperf.config.yaml': 'duration: 30\ncollectors: {hwmon: false}\n' });
    const { stdout } = await cli(['config', 'show', '--origin'], { cwd, env: { CODOPERF_FORMAT: 'csv' } });
    expect(stdout).toContain('  duration: 30  # ./codoperf.config.yaml:1\n');
    expect(stdout).toContain('  format: "csv"  # CODOPERF_FORMAT\n');
    expect(stdout).toContain('  interval: 1  # default\n');
    expect(stdout).toContain('  path:\n    procfs: "/proc"  # default\n');
    expect(stdout).toContain('collectors:\n  hwmon: false\n');
    fs.writeFileSync(path.join(cwd, 'shown.yaml'), stdout);
    expect(await cli(['config', 'check', 'shown.yaml'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'shown.yaml: no problems\n',
    });
    const again = await cli(['config', 'show', '--config', 'shown.yaml', '--format', 'json'], { cwd });
    expect(JSON.parse(again.stdout)).toMatchObject({ schema: 'codoperf/config@1', collectors: { hwmon: false } });
  });
});

describe('a project file is used only when nobody else could have written it', () => {
  const ignored = (reason: string): string => `codoperf: warning: ignoring ./codoperf.config.yaml, because ${reason}\n`;

  test('writable by others', async () => {
    const cwd = tree({ 'codoperf.config.yaml': 'interval: 3\n' });
    fs.chmodSync(path.join(cwd, 'codoperf.config.yaml'), 0o666);
    const { stdout, stderr } = await shell('probe values', { cwd });
    expect(stderr).toBe(ignored('others may write to it (mode 666; mend with chmod go-w)'));
    expect(stdout).toContain('"interval":1');
    fs.chmodSync(path.join(cwd, 'codoperf.config.yaml'), 0o664);
    expect((await shell('probe values', { cwd })).stdout).toContain('"interval":3');
  });

  test.runIf(isRoot)('of another user, also by a link', async () => {
    const cwd = tree({ 'codoperf.config.yaml': 'interval: 3\n', 'own.yaml': 'interval: 3\n' });
    const file = path.join(cwd, 'codoperf.config.yaml');
    fs.chownSync(file, 12_345, 12_345);
    const foreign = await shell('probe values', { cwd });
    expect(foreign.stderr).toBe(ignored('it belongs to uid 12345, not to you or root'));
    expect(foreign.stdout).toContain('"interval":1');
    fs.rmSync(file);
    fs.symlinkSync('own.yaml', file);
    fs.lchownSync(file, 12_345, 12_345);
    expect((await shell('probe values', { cwd })).stderr).toBe(ignored('it belongs to uid 12345, not to you or root'));
  });

  test('a link to nothing, and two files', async () => {
    const cwd = tree({ 'codoperf.config.json': '{"interval": 4}' });
    fs.symlinkSync('nowhere', path.join(cwd, 'codoperf.config.yaml'));
    const { stderr } = await shell('probe values', { cwd });
    expect(stderr).toBe(
      `${ignored('it is a symbolic link to nothing')}codoperf: warning: ignoring ./codoperf.config.json, because ./codoperf.config.yaml is there too\n`,
    );
  });
});
