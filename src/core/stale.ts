/**
 * Stale markers: a NaN of its own that says "this series has ended here", in Prometheus, in remote write and here.
 * JavaScript cannot tell one NaN from another, so they are only ever recognised in the bytes of a `Float64Array`.
 */

/** The IEEE 754 bits of a stale marker. */
const staleMarkerBits = 0x7ff0_0000_0000_0002n;

const LOW = 2;
const HIGH = 0x7ff0_0000;
/** A stale marker that went through a plain array or arithmetic: the processor has set the quiet bit. */
const QUIET_HIGH = 0x7ff8_0000;

/** Writes a stale marker; assigning a number could change its bits. */
export function markStale(values: Float64Array, index: number): void {
  new BigUint64Array(values.buffer, values.byteOffset + index * 8, 1)[0] = staleMarkerBits;
}

/** The value's halves, two for each value, little end first: what `isStaleAt` looks at. */
export function bitsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Whether the value at `index` is a stale marker. */
export function isStaleAt(bits: Uint32Array, index: number): boolean {
  if (bits[2 * index] !== LOW) return false;
  const high = bits[2 * index + 1];
  return high === HIGH || high === QUIET_HIGH;
}
