#!/usr/bin/env node
/**
 * The program. Help and version are answered from pages that the build rendered, which costs hardly
 * more than Node.js itself; everything else loads the command line.
 */

/** As an import it would cost 3 ms: an ES module gets every built-in wrapped. */
const fs = process.getBuiltinModule('node:fs');

interface Pages {
  readonly version: string;
  /** Help by command as typed; `''` is the program. */
  readonly help: Readonly<Record<string, string>>;
}

const HELP = new Set(['--help', '-h']);
const VERSION = new Set(['--version', '-V']);

/** The page that the arguments ask for, when they ask for nothing else. */
function pageFor(argv: readonly string[], pages: Pages): string | undefined {
  if (argv.length === 1 && VERSION.has(argv[0])) return `${pages.version}\n`;
  const words = argv[0] === 'help' ? argv.slice(1) : argv.slice(0, -1);
  return Object.hasOwn(pages.help, words.join(' ')) ? pages.help[words.join(' ')] : undefined;
}

function prerendered(argv: readonly string[]): string | undefined {
  const last = argv[argv.length - 1] ?? '';
  if (argv[0] !== 'help' && !HELP.has(last) && !VERSION.has(last)) return undefined;
  let text: string;
  try {
    text = fs.readFileSync(`${import.meta.dirname}/help.json`, 'utf8');
  } catch {
    return undefined; // Run from sources: commander renders the same page.
  }
  return pageFor(argv, JSON.parse(text) as Pages);
}

/**
 * Writes without the streams of Node.js, which take longer to set up than the page to write. A
 * reader that is gone is no error; anything else is left to the streams, which know how to report it.
 */
function print(page: string): boolean {
  try {
    const written = fs.writeSync(1, page);
    const bytes = Buffer.from(page);
    if (written < bytes.length) process.stdout.write(bytes.subarray(written));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPIPE';
  }
}

const argv = process.argv.slice(2);
const page = prerendered(argv);
if (page === undefined || !print(page)) {
  const { main } = await import('./main.ts');
  process.exitCode = await main(argv, { exit: (code) => process.exit(code) });
}
