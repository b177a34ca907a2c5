/** Replies of Redis other than INFO, as maps of texts; what has another form than it should is left out. */
import type { RedisReply } from './redis-connection.ts';
import { itemsOf, numberOf, textOf } from './redis-connection.ts';
import type { Texts } from './texts.ts';
import { parseInfo, textsOf } from './texts.ts';

/** `length` of the slow log now; `last_id` and `last_usec` of its newest entry, 0 before the first. SLOWLOG LEN, SLOWLOG GET 1. */
export function slowlogTexts(length: RedisReply | undefined, newest: RedisReply | undefined): Texts {
  const pairs: [string, number | undefined][] = [['length', numberOf(length)]];
  if (newest !== undefined) {
    // An entry also holds the command with its arguments, which are none of our business.
    const [id, , usec] = itemsOf(itemsOf(newest)[0]);
    pairs.push(['last_id', numberOf(id) ?? 0], ['last_usec', numberOf(usec) ?? 0]);
  }
  return textsOf(
    pairs.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]])),
  );
}

/** By event: Unix seconds and milliseconds of the last spike, as `1700000000,12`. LATENCY LATEST */
export function latencyTexts(reply: RedisReply | undefined): Texts {
  return textsOf(
    itemsOf(reply).flatMap((entry): [string, string][] => {
      const [event, last, ms] = itemsOf(entry);
      const name = textOf(event);
      return name === undefined || numberOf(last) === undefined || numberOf(ms) === undefined
        ? []
        : [[name, `${numberOf(last)},${numberOf(ms)}`]];
    }),
  );
}

/** By command: number of calls, then cumulative counts by microseconds, as `calls=12,1=3,2=12`. LATENCY HISTOGRAM */
export function histogramTexts(reply: RedisReply | undefined): Texts {
  const flat = itemsOf(reply);
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [, calls, , buckets] = itemsOf(flat[i + 1]);
    const counts = itemsOf(buckets).map(numberOf);
    const command = textOf(flat[i]);
    if (command === undefined || numberOf(calls) === undefined || counts.includes(undefined)) continue;
    const parts = counts.flatMap((usec, at) => (at % 2 === 0 ? [`${usec}=${counts[at + 1]}`] : []));
    pairs.push([command, [`calls=${numberOf(calls)}`, ...parts].join(',')]);
  }
  return textsOf(pairs);
}

/** `flags` of the user that everybody is before logging in: `on`, `nopass`, … Hashes of passwords are not kept. ACL GETUSER default */
export function defaultUserTexts(reply: RedisReply | undefined): Texts {
  const flat = itemsOf(reply);
  const at = flat.findIndex((each) => textOf(each) === 'flags');
  if (at < 0) return textsOf([]);
  const flags = itemsOf(flat[at + 1]).map((each) => textOf(each) ?? '');
  return textsOf([['flags', flags.join(' ')]]);
}

/** The fields of CLUSTER INFO. */
export function clusterTexts(reply: RedisReply | undefined): Texts {
  return parseInfo(textOf(reply) ?? '');
}
