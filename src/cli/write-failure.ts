/** Why something could not be written, in words, with what to do about it. */
import { CodoperfError, errnoOf } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

interface Reason {
  readonly reason: string;
  readonly fix: string;
}

const elsewhere = 'Choose a directory that exists and that you may write to.';

const reasons: Readonly<Record<string, Reason>> = {
  ENOENT: { reason: 'its directory does not exist', fix: 'Create the directory first, or choose another path.' },
  ENOTDIR: { reason: 'a part of its path is a file, not a directory', fix: elsewhere },
  EISDIR: { reason: 'it is a directory', fix: 'Add a file name, such as report.json, to the path.' },
  EROFS: { reason: 'the file system is read-only', fix: elsewhere },
  ENOSPC: { reason: 'no space left on the device', fix: 'Free some space there, or choose another path.' },
  EDQUOT: { reason: 'the disk quota is used up', fix: 'Free some space there, or choose another path.' },
  EFBIG: { reason: 'the file would be larger than the file system or a limit (ulimit -f) allows', fix: elsewhere },
  ENAMETOOLONG: { reason: 'the name is too long', fix: 'Choose a shorter name.' },
  ELOOP: { reason: 'its symbolic links go round in a circle', fix: 'Mend the links, or choose another path.' },
  ETXTBSY: { reason: 'it is a program that is running', fix: 'Choose another path.' },
  EBUSY: { reason: 'it is a mount point, which cannot be replaced', fix: 'Choose a path inside a mounted directory.' },
  EMFILE: { reason: 'too many files are open', fix: 'Raise the limit (ulimit -n).' },
  EIO: { reason: 'the device reported an error', fix: 'Check the disk (dmesg), or choose another path.' },
  ENXIO: { reason: 'it is a socket, or nothing is behind it', fix: 'Choose a file, a pipe, or - for stdout.' },
  ERR_INVALID_ARG_VALUE: { reason: 'the path holds a null character', fix: 'Choose another path.' },
};

/** A failed system call as the error that the user sees: CANNOT_WRITE or OUTPUT_PERMISSION. */
export function describeWriteFailure(error: unknown, path: string): Error {
  if (error instanceof CodoperfError) return error;
  const errno = errnoOf(error);
  if (errno === undefined) return error instanceof Error ? error : new Error(String(error));
  const shown = printable(path);
  if (errno === 'EACCES' || errno === 'EPERM') {
    const reason = errno === 'EACCES' ? 'permission denied' : 'the operation is not permitted';
    return new CodoperfError('OUTPUT_PERMISSION', { path: shown, reason }, error);
  }
  const known = reasons[errno] ?? { reason: errno, fix: elsewhere };
  return new CodoperfError('CANNOT_WRITE', { path: shown, ...known }, error);
}

/** As a failed system call would say it, for targets that are refused without trying. */
export function writeFailure(errno: string, path: string): Error {
  return describeWriteFailure(Object.assign(new Error(errno), { code: errno }), path);
}
