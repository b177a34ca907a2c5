/** `explain` as a command. */
import { didYouMean } from '../../config/suggest.ts';
import { CodoperfError, ExitCode } from '../../core/errors.ts';
import { renderRule, renderRuleList } from '../../report/rule-text.ts';
import type { CommandIo, OptionValues } from '../command.ts';
import { loadRules } from './rule-pack.ts';

/** Prints a rule, or lists all; rules of the user included. */
export async function run(options: OptionValues, [id]: readonly string[], io: CommandIo): Promise<number> {
  const pack = loadRules((options.rules ?? []) as readonly string[]);
  for (const { file, line, text } of pack.problems) io.log.warn(`${file}:${line}: ${text}`);
  const { color, isTTY, columns } = io.stdout;
  const layout = { color, columns: isTTY ? columns : Number.POSITIVE_INFINITY };
  if (id === undefined) await io.stdout.write(renderRuleList(pack, layout));
  else {
    const rule = pack.rules.find((each) => each.id === id);
    if (rule === undefined) {
      const suggestion = didYouMean(
        id,
        pack.rules.map((each) => each.id),
      );
      throw new CodoperfError('UNKNOWN_RULE', { rule: id, suggestion });
    }
    await io.stdout.write(renderRule(rule, pack, layout));
  }
  return pack.problems.length > 0 ? ExitCode.badConfiguration : ExitCode.ok;
}
