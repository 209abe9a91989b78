/**
 * One line of CSV (RFC 4180). A cell that begins as a formula does gets an apostrophe: names are
 * chosen by others, and a spreadsheet would run what they have written.
 */
export function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell))
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",");
}

/** Gives the reader a file. */
export function download(name: string, lines: readonly (readonly string[])[]): void {
  const url = URL.createObjectURL(new Blob([lines.map((line) => `${csvLine(line)}\r\n`).join("")], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
