import { formatBytes, formatRatio, threeDigits } from '../format.ts';
import type { Finding } from '../finding.ts';
import type { Judgement, Observed } from '../judgement.ts';

/** A share of few packets says nothing: netdata's minimum volume for drops, per window. */
const LEAST_PACKETS = 1000;
const DROP_WARNING = 0.02;
const ERROR_WARNING = 0.01;
const UTILISATION_INFO = 0.9;
const RETRANSMIT_WARNING = 0.05;

interface Interface {
  name: string;
  bytes: number;
  utilisation: number;
  packets: number;
  drops: number;
  errors: number;
}

function interfacesOf({ mean, subjects, windowSeconds }: Observed): Interface[] {
  return subjects('network', 'interfaces').map((name) => {
    const rate = (what: string): number => mean('network', 'interfaces', `${what}_per_second`, name);
    return {
      name,
      bytes: rate('receive_bytes') + rate('transmit_bytes'),
      utilisation: mean('network', 'interfaces', 'utilisation_ratio', name),
      packets: (rate('receive_packets') + rate('transmit_packets')) * windowSeconds,
      drops: (rate('receive_drops') + rate('transmit_drops')) * windowSeconds,
      errors: (rate('receive_errors') + rate('transmit_errors')) * windowSeconds,
    };
  });
}

function linkFinding(link: Interface, kind: 'drops' | 'errors', limit: number): Finding[] {
  const ratio = link[kind] / link.packets;
  if (!(link.packets >= LEAST_PACKETS && ratio > limit)) return [];
  return [
    {
      rule_id: kind === 'drops' ? 'net.drops' : 'net.errs',
      severity: 'warning',
      resource: 'network',
      subject: link.name,
      summary: `${link.name}: ${formatRatio(ratio)} of the packets were ${kind === 'drops' ? 'dropped' : 'damaged'}.`,
      evidence: [{ stat: `network.interfaces.${kind}`, value: ratio, unit: 'ratio', limit }],
      recommendation: `Look at \`ethtool -S ${link.name}\` and \`ip -s link show ${link.name}\`: ring size (\`ethtool -G\`), cable or driver.`,
    },
  ];
}

function tcpFindings({ mean, windowSeconds }: Observed): Finding[] {
  const overflows = mean('network', 'tcp', 'listen_overflows_per_second') * windowSeconds;
  const retransmitted = mean('network', 'tcp', 'retransmit_ratio');
  const sent = mean('network', 'tcp', 'segments_out_per_second') * windowSeconds;
  const found: Finding[] = [];
  if (overflows >= 0.5) {
    found.push({
      rule_id: 'net.listen',
      severity: 'warning',
      resource: 'network',
      subject: null,
      summary: `${Math.round(overflows)} connection(s) were lost because a program did not accept them in time.`,
      evidence: [{ stat: 'network.tcp.listen_overflows', value: overflows, unit: 'count', limit: 0 }],
      recommendation:
        'Find the socket with `ss -lnt` (Recv-Q above Send-Q); unblock the program, or raise its backlog and net.core.somaxconn.',
    });
  }
  if (sent >= LEAST_PACKETS && retransmitted > RETRANSMIT_WARNING) {
    found.push({
      rule_id: 'net.retrans',
      severity: 'warning',
      resource: 'network',
      subject: null,
      summary: `${formatRatio(retransmitted)} of the TCP segments had to be sent again.`,
      evidence: [
        { stat: 'network.tcp.retransmit_ratio', value: retransmitted, unit: 'ratio', limit: RETRANSMIT_WARNING },
      ],
      recommendation: 'See which peers with `ss -ti`; look for loss on the path (`mtr HOST`) and for a full link.',
    });
  }
  return found;
}

function busyFinding(link: Interface): Finding[] {
  if (!(link.utilisation > UTILISATION_INFO)) return [];
  return [
    {
      rule_id: 'net.util',
      severity: 'info',
      resource: 'network',
      subject: link.name,
      summary: `${link.name} uses ${formatRatio(link.utilisation)} of its link speed.`,
      evidence: [
        {
          stat: 'network.interfaces.utilisation_ratio',
          value: link.utilisation,
          unit: 'ratio',
          limit: UTILISATION_INFO,
        },
      ],
      recommendation: null,
    },
  ];
}

function trafficText({ name, bytes }: Interface, share: string): string {
  return bytes === 0 ? 'no traffic' : `${name} ${formatBytes(bytes)}/s${share}`;
}

/** Loss first: drops, errors, retransmissions, overflowing listeners. */
export function judgeNetwork(observed: Observed): Judgement {
  const links = interfacesOf(observed);
  // Of links that are equally idle, one that leaves the host says more than the loopback.
  const known = links.filter(({ bytes }) => !Number.isNaN(bytes));
  const busiest = known.toSorted((a, b) => b.bytes - a.bytes || Number(a.name === 'lo') - Number(b.name === 'lo'))[0];
  const sum = (pick: (link: Interface) => number): number => links.reduce((all, link) => all + (pick(link) || 0), 0);
  const share =
    busiest !== undefined && !Number.isNaN(busiest.utilisation) ? ` (${formatRatio(busiest.utilisation)})` : '';
  return {
    utilisation: busiest === undefined ? '-' : trafficText(busiest, share),
    saturation: `drops ${threeDigits(sum(({ drops }) => drops))}, resent ${formatRatio(observed.mean('network', 'tcp', 'retransmit_ratio'))}`,
    errors: `errors ${threeDigits(sum(({ errors }) => errors))}`,
    top: null,
    findings: [
      ...links.flatMap((link) => [
        ...linkFinding(link, 'drops', DROP_WARNING),
        ...linkFinding(link, 'errors', ERROR_WARNING),
        ...busyFinding(link),
      ]),
      ...tcpFindings(observed),
    ],
    known: links.length > 0,
  };
}
