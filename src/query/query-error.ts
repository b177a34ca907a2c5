/** Why a query was not answered: Prometheus's error types, with the limit on samples told apart. */
export type QueryErrorCode = 'bad_data' | 'execution' | 'too_many_samples' | 'timeout' | 'canceled';

/** A query that was not answered. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code: QueryErrorCode;
  /** Where in its line the query is wrong, from 1; `null` when that is not about a place. */
  readonly column: number | null;
  /** Line of the query, from 1; `null` when that is not about a place. */
  readonly line: number | null;

  constructor(code: QueryErrorCode, message: string, place?: { readonly line: number; readonly column: number }) {
    super(message);
    this.code = code;
    this.column = place?.column ?? null;
    this.line = place?.line ?? null;
  }
}

/** Something is wrong at an offset of the query's text; `locate` makes the error of it that users see. */
export class MisplacedError extends Error {
  override readonly name = 'MisplacedError';
  readonly code: QueryErrorCode;
  /** Offset in UTF-16 units. */
  readonly offset: number;

  constructor(code: QueryErrorCode, message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** The error with line and column. Syntax and type errors begin with the place, as Prometheus writes them. */
export function locate(error: MisplacedError, text: string): QueryError {
  const before = text.slice(0, error.offset);
  const line = before.split('\n').length;
  const column = error.offset - (before.lastIndexOf('\n') + 1) + 1;
  const message = error.code === 'bad_data' ? `${line}:${column}: parse error: ${error.message}` : error.message;
  return new QueryError(error.code, message, { line, column });
}
