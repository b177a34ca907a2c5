import type { A } from './cycle-a.ts';

export interface B {
  readonly a?: A;
}
