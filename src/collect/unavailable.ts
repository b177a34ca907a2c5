/** Why a source gave nothing: an absent series and an outcome, never a zero. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  /** `absent`: this kernel or machine has no such thing; `denied`: we may not read it; `broken`: it held something else. */
  readonly reason: 'absent' | 'denied' | 'broken';
  constructor(reason: 'absent' | 'denied' | 'broken', message: string) {
    super(message);
    this.reason = reason;
  }
}
