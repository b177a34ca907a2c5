export interface Reading {
  readonly value: number;
}
