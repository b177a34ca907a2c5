import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Template } from '../../src/analyze/rules/template.ts';

const render = (text: string, value: number, labels: Record<string, string> = {}): string =>
  Template.parse(text).render({ value, labels });

describe('functions', () => {
  it.each([
    ['{{ $value }}', 0.25, '0.25'],
    ['{{ $value | humanizePercentage }}', 0.305678, '30.57%'],
    ['{{ $value | humanize }}', 1_234_567, '1.235M'],
    ['{{ $value | humanize }}', 0.00123, '1.23m'],
    ['{{ $value | humanize1024 }}B', 1536, '1.5kiB'],
    ['{{ $value | humanizeDuration }}', 3725.5, '1h 2m 5s'],
    ['{{ $value | humanizeDuration }}', 0.0042, '4.2ms'],
    ['{{ $value | humanizeDuration }}', 90_061, '1d 1h 1m 1s'],
    ['{{ printf "%.1f" $value }} %', 12.345, '12.3 %'],
    ['{{ $value | printf "%.0f%%" }}', 12.345, '12%'],
    ['{{ $value | humanize }}', Number.POSITIVE_INFINITY, '+Inf'],
    ['{{ $labels.limit | humanize1024 }}', 0, 'NaN'],
  ])('%s of %d', (text, value, expected) => {
    expect(render(text, value)).toBe(expected);
  });

  it('puts labels in, and nothing for those that are not there', () => {
    expect(render('{{ $labels.comm }}[{{$labels.pid}}]{{ $labels.toString }}', 0, { comm: 'node', pid: '7' })).toBe(
      'node[7]',
    );
  });
});

const hostile = ['$(touch /tmp/pwned)', '`id`', "it's; rm -rf /", '"$HOME"', '-rf', 'a b', '!!', 'plain', '\\', 'x\ny'];

describe('labels in commands', () => {
  /** What a shell makes of the command between the backticks. */
  const shell = (text: string): string => {
    const command = text.slice(text.indexOf('`') + 1, text.lastIndexOf('`'));
    return execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' });
  };

  it.each(hostile)('%j reaches the program as it is, bare and in quotes', (device) => {
    for (const text of ['`printf %s {{ $labels.device }}`', "`printf %s '{{ $labels.device }}'`"])
      expect(shell(render(text, 0, { device }))).toBe(device);
  });

  it.each(hostile.filter((each) => !each.includes('!')))('%j between double quotes', (device) => {
    expect(shell(render('`printf %s "{{ $labels.device }}"`', 0, { device }))).toBe(device);
  });

  it.each(hostile)('%j in a query in quotes is a text of PromQL', (device) => {
    const query = shell(render('`printf %s \'x{device="{{ $labels.device }}"}\'`', 0, { device }));
    expect(JSON.parse(query.slice('x{device='.length, -1))).toBe(device);
  });

  it('in prose begin no command', () => {
    expect(render('Look at {{ $labels.device }}.', 0, { device: '`rm -rf ~`' })).toBe("Look at 'rm -rf ~'.");
  });
});
