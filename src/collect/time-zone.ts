import fs from 'node:fs';

const ZONE_FILES = '/usr/share/zoneinfo';
const LOCAL_ZONE_FILE = '/etc/localtime';
/** `CET-1CEST,M3.5.0,M10.5.0/3`, `<+03>-3`: names of standard and summer time, and how far UTC is ahead of the first. */
const POSIX_ZONE = /^(<[^>]+>|[A-Za-z]+)([+-]?)(\d+)(?::(\d+))?(?::(\d+))?(<[^>]+>|[A-Za-z]+)?/;

/** The local time zone at a moment: its abbreviation, and local time minus UTC in seconds. */
export interface Zone {
  readonly name: string;
  readonly offsetSeconds: number;
}

/**
 * The zone of this process, by the abbreviation that the time zone database gives it, which Node.js
 * does not tell: it stands in the last line of a zone file. https://www.rfc-editor.org/rfc/rfc8536#section-3.3
 */
export function zoneAt(wallMs: number): Zone {
  const offsetSeconds = 0 - new Date(wallMs).getTimezoneOffset() * 60;
  return { name: abbreviation(offsetSeconds) ?? numericName(offsetSeconds), offsetSeconds };
}

function abbreviation(offsetSeconds: number): string | undefined {
  const match = POSIX_ZONE.exec(zoneFooter());
  if (match === null) return undefined;
  const [, standard, sign, hours, minutes = '0', seconds = '0', summer] = match;
  const behind = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const isStandard = (sign === '-' ? behind : -behind) === offsetSeconds;
  return (isStandard ? standard : summer)?.replace(/[<>]/g, '');
}

function zoneFooter(): string {
  const zone = process.env.TZ?.replace(/^:/, '');
  if (zone === '') return 'UTC0';
  const path = zone === undefined ? LOCAL_ZONE_FILE : zone.startsWith('/') ? zone : `${ZONE_FILES}/${zone}`;
  try {
    return fs.readFileSync(path, 'latin1').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return ''; // No zone files on this machine (slim containers): the number has to do.
  }
}

function numericName(offsetSeconds: number): string {
  if (offsetSeconds === 0) return 'UTC';
  const minutes = Math.abs(offsetSeconds) / 60;
  const rest = minutes % 60 === 0 ? '' : twoDigits(minutes % 60);
  return `${offsetSeconds < 0 ? '-' : '+'}${twoDigits(minutes / 60)}${rest}`;
}

function twoDigits(n: number): string {
  return String(Math.floor(n)).padStart(2, '0');
}
