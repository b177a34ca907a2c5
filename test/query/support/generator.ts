/** Expressions made from the grammar by chance, over the series of the data set. */
import { Random } from './random.ts';

const labels: Readonly<Record<string, readonly string[]>> = {
  requests_total: ['job', 'instance', 'code'],
  memory_bytes: ['job', 'instance'],
  memory_limit_bytes: ['job', 'instance'],
  temperature_celsius: ['job', 'instance'],
  up: ['job', 'instance'],
  flaky: ['job', 'instance', 'shard'],
  level: ['job', 'instance'],
  job_info: ['job', 'team', 'version'],
  disk_ratio: ['device'],
  latency_seconds_count: ['job', 'instance'],
  latency_seconds_bucket: ['job', 'instance', 'le'],
  late: ['job'],
  ended_stale: ['job'],
};
const values: Readonly<Record<string, readonly string[]>> = {
  job: ['="api"', '!="db"', '=~"api|web"', '!~"w.+"'],
  instance: ['="a:80"', '!="b:80"', '=~".:80"'],
  code: ['="200"', '=~"4..|5.."', '!="404"'],
  shard: ['="1"', '!="2"'],
  device: ['=~"sd.*"', '!="sda"'],
};
const metrics = Object.keys(labels);
const counters = ['requests_total', 'latency_seconds_count', 'latency_seconds_bucket'];
const durations = ['30s', '1m', '90s', '2m', '5m', '7m', '13m'];
const windowFunctions = [
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'sum_over_time',
  'count_over_time',
  'last_over_time',
  'present_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'delta',
  'idelta',
  'deriv',
  'irate',
];
/** None that jumps: the last digit of what is computed differs. */
const elementFunctions = ['abs', 'sgn', 'sqrt', 'ln', 'atan', 'exp', 'timestamp', 'sort', 'deg'];
const aggregations = ['sum', 'avg', 'min', 'max', 'count', 'group'];
const arithmetic = ['+', '-', '*', '/', '^'];
const comparisons = ['==', '!=', '>', '<', '>=', '<='];

/** Makes expressions; the same ones for the same seed. */
export class Generator {
  private readonly random: Random;
  /** How many subqueries are around what is being made. */
  private nesting = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** An instant vector or, seldom, a scalar. */
  expression(depth = 3): string {
    return this.random.chance(0.05) ? this.scalar(depth) : this.vector(depth);
  }

  private vector(depth: number): string {
    if (depth <= 0) return this.selector();
    const kinds = [
      () => this.selector(),
      () => this.windowCall(depth),
      () => this.windowCall(depth),
      () => `${this.random.pick(elementFunctions)}(${this.vector(depth - 1)})`,
      () => this.aggregation(depth),
      () => this.aggregation(depth),
      () => this.withScalar(depth),
      () => this.matched(depth),
      () => this.sets(depth),
      () => this.special(depth),
    ];
    return this.random.pick(kinds)();
  }

  private scalar(depth: number): string {
    const literal = (): string => this.random.pick(['0', '1', '2', '0.5', '-3', '1e3', '100', 'NaN', 'Inf']);
    const kinds = [literal, literal, literal, () => 'time()', () => `scalar(${this.vector(depth - 1)})`];
    return depth <= 0 ? literal() : this.random.pick(kinds)();
  }

  private selector(metric = this.random.pick(metrics)): string {
    return `${this.matchers(metric)}${this.modifiers()}`;
  }

  private matchers(metric: string): string {
    const usable = labels[metric].filter((label) => label in values);
    if (usable.length === 0 || this.random.chance(0.6)) return metric;
    const parts = this.random.some(usable).map((label) => `${label}${this.random.pick(values[label])}`);
    return `${metric}{${parts.join(',')}}`;
  }

  private modifiers(): string {
    const { random } = this;
    let text = '';
    if (random.chance(0.15)) text += ` offset ${random.pick(['', '', '-'])}${random.pick(durations)}`;
    if (random.chance(0.08)) text += ` @ ${random.pick(['1700001200.5', 'start()', 'end()'])}`;
    return text;
  }

  private range(depth: number, counter: boolean): string {
    const { random } = this;
    if (depth > 1 && random.chance(0.25)) {
      // Inside another one a subquery begins on whole seconds, and must not end on one.
      const length = `${random.pick(durations)}${this.nesting > 0 ? '250ms' : ''}`;
      this.nesting++;
      const inner = counter ? this.matchers(random.pick(counters)) : `(${this.vector(depth - 2)})`;
      this.nesting--;
      return `${inner}[${length}:${random.pick(['', '10s', '30s', '1m', '47s'])}]${this.modifiers()}`;
    }
    const metric = random.pick(counter ? counters : metrics);
    return `${this.matchers(metric)}[${random.pick(durations)}]${this.modifiers()}`;
  }

  private windowCall(depth: number): string {
    const { random } = this;
    if (random.chance(0.35)) return `${random.pick(['rate', 'increase'])}(${this.range(depth, true)})`;
    if (random.chance(0.08)) return `${random.pick(['changes', 'resets'])}(${this.range(0, false)})`;
    if (random.chance(0.08)) return `quantile_over_time(${this.scalar(0)}, ${this.range(depth, false)})`;
    if (random.chance(0.08)) return `predict_linear(${this.range(depth, false)}, ${this.scalar(0)})`;
    return `${random.pick(windowFunctions)}(${this.range(depth, false)})`;
  }

  private grouping(): string {
    const names = this.random.some(['job', 'instance', 'code', 'le']);
    return this.random.pick(['', `by (${names.join(', ')})`, `without (${names.join(', ')})`]);
  }

  private aggregation(depth: number): string {
    const { random } = this;
    const inner = this.vector(depth - 1);
    const kind = random.next();
    // Which of equal values stay is not defined, and the last digit of what is computed differs.
    if (kind < 0.1) {
      const distinct = this.selector(random.pick(['memory_bytes', 'disk_ratio']));
      return `${random.pick(['topk', 'bottomk'])} ${this.grouping()} (${random.below(5)}, ${distinct})`;
    }
    // Both lose digits where values are large and alike.
    if (kind < 0.13)
      return `${random.pick(['stddev', 'stdvar'])} ${this.grouping()} (${this.selector(random.pick(['level', 'up', 'disk_ratio']))})`;
    if (kind < 0.18) return `quantile ${this.grouping()} (${random.pick(['0', '0.3', '0.9', '1'])}, ${inner})`;
    if (kind < 0.23) return `count_values ${this.grouping()} ("value", round(${this.selector()}))`;
    return `${random.pick(aggregations)} ${this.grouping()} (${inner})`;
  }

  private withScalar(depth: number): string {
    const { random } = this;
    const compares = random.chance(0.5);
    const op = random.pick(compares ? comparisons : arithmetic);
    const bool = compares && random.chance(0.3) ? ' bool' : '';
    const [vector, scalar] = [`(${this.vector(depth - 1)})`, this.scalar(depth - 1)];
    return random.chance(0.7) ? `${vector} ${op}${bool} ${scalar}` : `${scalar} ${op}${bool} ${vector}`;
  }

  private matched(depth: number): string {
    const { random } = this;
    const compares = random.chance(0.3);
    const op = random.pick(compares ? comparisons : arithmetic);
    const bool = compares && random.chance(0.3) ? ' bool' : '';
    const left = `(${this.vector(depth - 1)})`;
    if (random.chance(0.4)) {
      const one = `sum by (job) (${this.vector(depth - 1)})`;
      return random.chance(0.5)
        ? `${left} ${op}${bool} on (job) group_left ${one}`
        : `${one} ${op}${bool} on (job) group_right () ${left}`;
    }
    // The same metric on both sides always has partners.
    const metric = random.pick(metrics);
    const sides = [this.selector(metric), this.selector(metric)];
    const matching = random.pick(['', '', 'ignoring (nope) ', `on (${labels[metric].join(', ')}) `]);
    return `${sides[0]} ${op}${bool} ${matching}${sides[1]}`;
  }

  private sets(depth: number): string {
    const op = this.random.pick(['and', 'or', 'unless']);
    const matching = this.random.pick(['', '', 'on (job) ', 'ignoring (instance) ', 'on () ']);
    return `(${this.vector(depth - 1)}) ${op} ${matching}(${this.vector(depth - 1)})`;
  }

  private special(depth: number): string {
    const { random } = this;
    const inner = (): string => this.vector(depth - 1);
    const kinds = [
      () => `absent(${inner()})`,
      () =>
        `histogram_quantile(${random.pick(['0.1', '0.5', '0.99'])}, sum by (le, job) (rate(latency_seconds_bucket[${random.pick(durations)}])))`,
      () => `histogram_quantile(0.7, latency_seconds_bucket${this.modifiers()})`,
      () => `label_replace(${inner()}, "x", "$1", "${random.pick(['job', 'instance'])}", "(.).*")`,
      () => `label_join(${inner()}, "x", "/", "job", "instance")`,
      () => `clamp(${inner()}, ${this.scalar(0)}, ${this.scalar(0)})`,
      () => `-(${inner()})`,
      () => `vector(${this.scalar(depth - 1)})`,
      () => `absent_over_time(${this.range(depth, false)})`,
      () => `${random.pick(['ceil', 'floor', 'round'])}(${this.selector()} ${random.pick(['*', '%'])} 3)`,
      () => `hour(timestamp(${inner()}))`,
      () => `scalar(${inner()}) + ${inner()}`,
    ];
    return random.pick(kinds)();
  }
}
