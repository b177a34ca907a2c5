/** The library: what `import … from 'codoperf'` gives. Signatures are frozen in docs/contracts.md. */
export type { Clock } from './core/clock.ts';
export type { Labels, SeriesRow } from './core/series.ts';
export type { CollectorState, Sample, Sampler, SamplerOptions } from './collect/sampler.ts';
export { createSampler } from './collect/sampler.ts';
export type { Paths } from './collect/collector.ts';
export { CodoperfError, ExitCode } from './core/errors.ts';
