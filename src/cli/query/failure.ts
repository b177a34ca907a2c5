/** Why a query was not answered, as an error of the catalogue. */
import { CodoperfError } from '../../core/errors.ts';
import { excerptAt } from '../../core/excerpt.ts';
import { QueryError } from '../../query/query-error.ts';
import { parsePromql } from '../../query/promql/parse.ts';

/** Runs a query of `expr`; a `QueryError` becomes a `CodoperfError`, and one that was cancelled an `AbortError`. */
export async function answered<T>(expr: string, query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (error instanceof QueryError) throw queryFailure(error, expr);
    throw error instanceof CodoperfError && error.code === 'QUERY_SYNTAX' ? withPlace(error, expr) : error;
  }
}

/** The error of the engine as one that a user sees. */
function queryFailure(error: QueryError, expr: string): Error {
  const { code, message, line, column } = error;
  if (code === 'canceled') return new DOMException('the query was cancelled', 'AbortError');
  if (code === 'too_many_samples' || code === 'timeout')
    return new CodoperfError('QUERY_TOO_LARGE', { problem: message }, error);
  const excerpt = line === null || column === null ? expr : excerptAt(expr, line, column);
  const problem = withExpectation(message.replace(/^\d+:\d+: parse error: /, ''));
  return new CodoperfError(code === 'execution' ? 'QUERY_FAILED' : 'QUERY_SYNTAX', { problem, excerpt }, error);
}

/** What could stand in a place, by what the parser calls the place. */
const expectations: Readonly<Record<string, string>> = {
  'label matching': 'conditions such as label="value", with =, !=, =~ or !~, and a }',
  'grouping opts': 'names of labels with commas between, and a )',
  aggregation: 'an expression in parentheses',
  'function call': 'a comma and one more argument, or a )',
  'range selector': 'a duration such as 5m, and a ]',
  subquery: 'a duration, a colon, a step or none, and a ]: [1h:1m]',
  offset: 'a duration such as 5m',
  '@ modifier': 'Unix seconds, start() or end()',
  parentheses: 'an expression, and a )',
  'binary expression': 'an operand',
};

function withExpectation(problem: string): string {
  const place = /^unexpected .* in ([@\w ]+)$/s.exec(problem)?.[1];
  const expected = place === undefined ? undefined : expectations[place];
  return expected === undefined ? problem : `${problem}; expected ${expected}`;
}

/** A server that does not say where the expression is wrong: our parser may know. */
function withPlace(error: CodoperfError, expr: string): Error {
  if (error.excerpt?.includes('\n') === true) return error;
  try {
    parsePromql(expr);
    return error;
  } catch (own) {
    return own instanceof QueryError ? queryFailure(own, expr) : error;
  }
}
