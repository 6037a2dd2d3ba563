/** A number of bytes in words. Pure. */

const UNITS = ["bytes", "KB", "MB", "GB"];

/** "12 bytes", "3.4 KB", "120 MB". */
export function sizeWords(bytes) {
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${unit === 0 || size >= 10 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}
