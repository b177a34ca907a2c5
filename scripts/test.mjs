// `npm test [-- FILTER…]`: installs and builds what is missing and runs the tests; `--soak` runs the long
// ones. The last line is always `N passed, N failed, N skipped`. With CI=true a skipped test is a failure
// unless test/cannot-run-here.json names it and its probe shows that this machine really cannot run it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bin, ensureBuilt, ensureInstalled, readText, root } from './house.mjs';

const soak = process.argv.includes('--soak');
const given = process.argv.slice(2).filter((argument) => argument !== '--soak');
const report = path.join(root, '.cache', soak ? 'soak.json' : 'test.json');

function runVitest() {
  fs.rmSync(report, { force: true });
  const config = soak ? ['--config', 'vitest.soak.config.ts'] : [];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [bin('vitest'), 'run', ...config, ...reporters, ...given];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  return status ?? 1;
}

/** `path > suite > test` of every skipped test. */
function skippedTests({ testResults }) {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ ancestorTitles, title }) => [path.relative(root, name), ...ancestorTitles, title].join(' > ')),
  );
}

/** Skipped tests that no entry with a successful probe excuses. */
function unexcused(skipped) {
  const entries = JSON.parse(readText('test/cannot-run-here.json'));
  const shown = new Map();
  const excused = ({ test, probe }, id) => {
    if (!id.startsWith(test)) return false;
    if (!shown.has(probe))
      shown.set(probe, spawnSync('bash', ['-c', probe], { cwd: root, stdio: 'ignore' }).status === 0);
    return shown.get(probe);
  };
  return skipped.filter((id) => !entries.some((entry) => excused(entry, id)));
}

function count(status) {
  if (!fs.existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const results = JSON.parse(fs.readFileSync(report, 'utf8'));
  const skipped = skippedTests(results);
  const brokenFiles = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const forbidden = process.env.CI === 'true' && given.length === 0 ? unexcused(skipped) : [];
  for (const id of forbidden) console.log(`skipped, and test/cannot-run-here.json does not excuse it: ${id}`);
  let failed = results.numFailedTests + brokenFiles.length + forbidden.length;
  // Errors outside tests, or no test at all: vitest or we say so, and the count must too.
  if (failed === 0 && (status !== 0 || results.numPassedTests === 0)) failed = 1;
  return { passed: results.numPassedTests, failed, skipped: skipped.length - forbidden.length };
}

function main() {
  try {
    ensureInstalled();
    ensureBuilt();
  } catch (error) {
    console.error(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return count(runVitest());
}

const { passed, failed, skipped } = main();
process.exitCode = failed > 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
