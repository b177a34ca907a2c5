/** What goes to a server and what comes back. */

/** Where requests go and what goes with each. */
export interface Endpoint {
  /** Base address; safe to be shown. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What a server answered. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}
