/** The published JSON Schema says the same as the check of files. */
import fs from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.gen.ts';
import { schemaInput } from '../../src/cli/settings.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configJsonSchema } from '../../src/config/schema.ts';

const file = path.join(import.meta.dirname, '../../schemas/config.schema.json');
const validate = new Ajv2020().compile(JSON.parse(fs.readFileSync(file, 'utf8')) as object);

test('it is the one that the table gives', async () => {
  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual(configJsonSchema(await schemaInput(commands)));
});

const cases: [valid: boolean, config: unknown][] = [
  [true, {}],
  [true, { $schema: 'config.schema.json', interval: 0.01, duration: 0.5, monitor_type: 'cpu', color: false }],
  [true, { warn: 'cpu=85', crit: ['cpu=95', 'memory.available<5%'], path: { procfs: '/host/proc' } }],
  [
    true,
    { monitor_stats: { format: 'csv', path: { sysfs: '/s' }, verbose: true }, collectors: { cpu: true, hwmon: false } },
  ],
  [false, { interval: 0 }],
  [false, { interval: 86_401 }],
  [false, { duration: 0 }],
  [false, { interval: '1' }],
  [false, { log_file: '' }],
  [false, { warn: [] }],
  [false, { monitor_type: 'cpus' }],
  [false, { monitor_stats: { once: true } }],
  [false, { path: '/proc' }],
  [false, { collectors: { cpus: true } }],
  [false, { constructor: 1 }],
  [false, JSON.parse('{"__proto__": {"interval": 1}}')],
  [false, []],
];
test.each(cases)('%s: %j', async (valid, config) => {
  expect(validate(config)).toBe(valid);
  const { problems } = loadConfig({ path: 'c.json', text: JSON.stringify(config) }, await schemaInput(commands));
  expect(problems.length === 0, JSON.stringify(problems)).toBe(valid);
});
