/** `codoperf/collector`: what one needs to write a collector of one's own. See CONTRIBUTING.md. */
export type { Clock } from './core/clock.ts';
export type { Column, MetricType, TableSpec, Unit } from './core/metric.ts';
export { Scanner } from './core/scanner.ts';
export type { Row } from './core/table.ts';
export { Table } from './core/table.ts';
export type { CollectContext, Collector, Paths, Reader } from './collect/collector.ts';
export { Unavailable } from './collect/collector.ts';
export type { FileSet, PseudoFile } from './collect/files.ts';
