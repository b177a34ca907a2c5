import fs from 'node:fs';

const AT_PAGESZ = 6;
const USUAL_PAGE_BYTES = 4096;
const THIRTY_TWO_BIT = new Set(['arm', 'ia32', 'mips', 'mipsel', 'ppc']);

/**
 * The page size in an auxiliary vector: pairs of machine words, a type and its value. `man 3 getauxval`;
 * https://docs.kernel.org/arch/arm64/elf_hwcaps.html tells of the vector.
 */
export function parseAuxvPageBytes(bytes: Uint8Array, wordBytes: 4 | 8): number | undefined {
  const aligned = bytes.slice(0, bytes.length - (bytes.length % (2 * wordBytes))).buffer;
  const words = wordBytes === 8 ? new BigUint64Array(aligned) : new Uint32Array(aligned);
  for (let i = 0; i < words.length; i += 2) if (Number(words[i]) === AT_PAGESZ) return Number(words[i + 1]);
  return undefined;
}

function readPageBytes(): number {
  let bytes: Uint8Array;
  try {
    // Copied, because a Buffer of Node.js is a window on a larger pool.
    bytes = Uint8Array.from(fs.readFileSync('/proc/self/auxv'));
  } catch {
    return USUAL_PAGE_BYTES; // No procfs of our own: what all but some arm64 and ppc64 kernels have.
  }
  return parseAuxvPageBytes(bytes, THIRTY_TWO_BIT.has(process.arch) ? 4 : 8) ?? USUAL_PAGE_BYTES;
}

let known: number | undefined;

/**
 * Bytes of a memory page of the kernel that we run on. Node.js does not tell, so it comes from our own
 * `/proc/self/auxv`, whatever file tree is being read: page counts are of the kernel, not of a path.
 */
export function pageBytes(): number {
  known ??= readPageBytes();
  return known;
}
