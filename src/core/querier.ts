/** What answers PromQL: the engine over a source, or a server that speaks Prometheus's HTTP API. */

/** Unix seconds, and the value as text. */
export type Sample = readonly [time: number, value: string];

/** Labels of a series, `__name__` included. */
export type Metric = Readonly<Record<string, string>>;

/** What a result has to say besides its data. */
export interface Annotated {
  /** What is wrong with the query or its data. */
  readonly warnings: readonly string[];
  /** What may be worth a look. */
  readonly infos: readonly string[];
}

/** A number at one moment. */
export interface ScalarResult extends Annotated {
  readonly resultType: 'scalar';
  readonly result: Sample;
}

/** A text, as it stands in the query. */
export interface StringResult extends Annotated {
  readonly resultType: 'string';
  readonly result: Sample;
}

/** Series with a value each at one moment. */
export interface VectorResult extends Annotated {
  readonly resultType: 'vector';
  readonly result: readonly { readonly metric: Metric; readonly value: Sample }[];
}

/** Series with values at several moments. */
export interface MatrixResult extends Annotated {
  readonly resultType: 'matrix';
  readonly result: readonly { readonly metric: Metric; readonly values: readonly Sample[] }[];
}

/** Prometheus's `data` object, with what the query had to say. */
export type QueryResult = ScalarResult | StringResult | VectorResult | MatrixResult;

/** Settings of one query. */
export interface QueryOptions {
  /** Gives the query up, with the error code `canceled`. */
  readonly signal?: AbortSignal;
}

/** Answers queries, whoever holds the series. */
export interface Querier {
  /** The value at one moment in Unix ms. */
  instant(expr: string, at_ms: number, options?: QueryOptions): Promise<QueryResult>;
  /** The values from `start_ms` to `end_ms`, every `step_ms`. */
  range(expr: string, start_ms: number, end_ms: number, step_ms: number, options?: QueryOptions): Promise<QueryResult>;
}
