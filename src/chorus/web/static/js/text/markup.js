/** Markdown marks put around a selection. Pure: a {text, start, end} in, the next one out. */

/** Put `mark` around the selection, or take it away when it stands there already. */
export function surrounded({ text, start, end }, mark) {
  const [before, chosen, after] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
  if (before.endsWith(mark) && after.startsWith(mark)) {
    return {
      text: before.slice(0, -mark.length) + chosen + after.slice(mark.length),
      start: start - mark.length,
      end: end - mark.length,
    };
  }
  return { text: before + mark + chosen + mark + after, start: start + mark.length, end: end + mark.length };
}

/** Put `prefix` before every selected line, or take it away when every one has it. */
export function prefixed({ text, start, end }, prefix) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = text.indexOf("\n", end) === -1 ? text.length : text.indexOf("\n", end);
  const lines = text.slice(from, to).split("\n");
  const marked = lines.every((line) => line.startsWith(prefix));
  const next = lines.map((line) => (marked ? line.slice(prefix.length) : prefix + line)).join("\n");
  return { text: text.slice(0, from) + next + text.slice(to), start: from + next.length, end: from + next.length };
}

/** Make the selection a fenced code block on lines of its own. */
export function fenced({ text, start, end }) {
  const [before, chosen, after] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
  const open = `${before && !before.endsWith("\n") ? "\n" : ""}\`\`\`\n`;
  const close = `\n\`\`\`${after && !after.startsWith("\n") ? "\n" : ""}`;
  const from = before.length + open.length;
  return { text: before + open + chosen + close + after, start: from, end: from + chosen.length };
}

/** Put words where the caret is, or in the place of what is selected. */
export function inserted(words) {
  return ({ text, start, end }) => ({
    text: text.slice(0, start) + words + text.slice(end),
    start: start + words.length,
    end: start + words.length,
  });
}

/** Make the selection a link's words and select the place for its address. */
export function linked({ text, start, end }) {
  const words = text.slice(start, end) || "text";
  const address = "https://";
  const from = start + words.length + 3;
  return {
    text: `${text.slice(0, start)}[${words}](${address})${text.slice(end)}`,
    start: from,
    end: from + address.length,
  };
}

/** The text as a quotation, under who said it. */
export function quoted(text, by) {
  return [by, ...text.split("\n")].map((line) => (line ? `> ${line}` : ">")).join("\n");
}

/** The smallest stretch to be replaced to make one text of another, without cutting a character in two: {from, to, words}. */
export function replaced(before, after) {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from++;
  if (isSecondHalf(before[from]) || isSecondHalf(after[from])) from--;
  let end = 0;
  while (end < shorter - from && before.at(-1 - end) === after.at(-1 - end)) end++;
  if (end > 0 && isSecondHalf(before.at(-end))) end--;
  return { from, to: before.length - end, words: after.slice(from, after.length - end) };
}

function isSecondHalf(unit) {
  return unit >= "\uDC00" && unit <= "\uDFFF";
}
