/** One request to a server: bounded in time and size, with its login, and only to the host that was named. */
import { CodoperfError } from '../core/errors.ts';
import { KIND, withoutSecrets } from './read-address.ts';
import type { Endpoint, Reply } from './read-exchange.ts';
import { transportError } from './read-failure.ts';

/** One question. */
export interface Question {
  readonly method: 'GET' | 'POST';
  /** Below the base, with a slash. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 5;
/** The text of a refusal is for people: more than this is none. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Asks once; any HTTP status is an answer, everything else a `CodoperfError`, or the abort of `signal`. */
export async function ask(endpoint: Endpoint, question: Question): Promise<Reply> {
  const deadline = AbortSignal.timeout(endpoint.timeoutMs);
  const signal = question.signal === undefined ? deadline : AbortSignal.any([deadline, question.signal]);
  try {
    const response = await follow(endpoint, question, signal);
    return { status: response.status, headers: response.headers, text: await textOf(response, endpoint) };
  } catch (error) {
    if (question.signal?.aborted === true) throw new DOMException('the query was given up', 'AbortError');
    throw transportError(endpoint, error);
  }
}

async function follow(endpoint: Endpoint, question: Question, signal: AbortSignal): Promise<Response> {
  const { base, headers } = endpoint;
  const { method } = question;
  const form = new URLSearchParams(question.parameters).toString();
  let url = new URL(base + question.path);
  for (let redirects = 0; ; redirects++) {
    if (method === 'GET') url.search = form;
    const response = await fetch(url, {
      method,
      headers: method === 'GET' ? headers : { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      ...(method === 'POST' && { body: form }),
      redirect: 'manual',
      signal,
    });
    const location = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || location === null) return response;
    await response.body?.cancel();
    url = nextPlace(endpoint, url, location, redirects);
  }
}

/** Where a redirect leads: the same host, or from HTTP to HTTPS of the same name; the login goes nowhere else. */
function nextPlace({ base }: Endpoint, from: URL, location: string, redirects: number): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const upgrade = to?.protocol === 'https:' && from.protocol === 'http:' && to.hostname === from.hostname;
  const same = to?.origin === from.origin;
  if (to !== undefined && (same || upgrade) && redirects < MAX_REDIRECTS) {
    to.username = '';
    to.password = '';
    return to;
  }
  const shown = withoutSecrets(to?.href ?? location).slice(0, 200);
  const reason = redirects >= MAX_REDIRECTS ? 'it redirects in circles' : `it redirects to ${shown}`;
  const fix = 'Such a redirect is not followed: it may lead to a login page. Give the right address with --url.';
  throw new CodoperfError('SERVER_OF_OTHER_KIND', { name: base, kind: KIND, reason, fix });
}

async function textOf(response: Response, { base, maxBytes }: Endpoint): Promise<string> {
  if (response.body === null) return '';
  const limit = response.ok ? maxBytes : MAX_REFUSAL_BYTES;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early closes the connection. What is compressed is counted as it unfolds.
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= limit) continue;
    if (!response.ok) break;
    throw new CodoperfError('QUERY_ANSWER_TOO_LARGE', { name: base, limit: `${(limit / 1024 / 1024).toFixed(0)} MiB` });
  }
  return Buffer.concat(chunks).toString('utf8');
}
