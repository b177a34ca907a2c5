/** Who uses a resource most, in the window: filled from the process and cgroup sections. */

/** One process or cgroup with what it used. */
export interface Consumer {
  /** `node[123]`, `/system.slice/redis.service`. */
  readonly name: string;
  /** CPU seconds a second (1 = one core), bytes, or bytes a second. */
  readonly amount: number;
}

/** The largest consumers by resource, largest first. */
export interface Consumers {
  readonly cpu: readonly Consumer[];
  readonly memory: readonly Consumer[];
  readonly disk: readonly Consumer[];
}
