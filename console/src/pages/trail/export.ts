import type { AuditTrailv1alpha1 } from "@scaleway/sdk-audit-trail";
import { call } from "../../api/bridge";
import { queryOf } from "./filters";

/** An event as the API writes it. */
export type WireEvent = {
  id: string;
  recorded_at: string;
  principal?: { id: string } | null;
  project_id?: string | null;
  source_ip: string;
  user_agent?: string | null;
  product_name: string;
  service_name: string;
  method_name: string;
  status_code: number;
  request_id: string;
  request_body?: unknown;
  resources: { id: string; type: string; name?: string | null }[];
};

export const formats = ["jsonl", "csv"] as const;
export type Format = (typeof formats)[number];

/** No more is exported at once: it is all in the memory of the browser. */
export const maxExported = 100_000;
const pageSize = 1000;

const columns = ["recorded_at", "id", "principal_id", "source_ip", "user_agent", "product_name", "service_name", "method_name", "status_code", "project_id", "resources", "request_id", "request_body"] as const;

/**
 * A cell of a table (RFC 4180). One that begins like a formula gets an apostrophe before it: names
 * are chosen by others, and a spreadsheet that runs one as a formula would send what is beside it
 * wherever the formula says.
 */
export function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function cells(event: WireEvent): string[] {
  return [
    event.recorded_at,
    event.id,
    event.principal?.id ?? "",
    event.source_ip,
    event.user_agent ?? "",
    event.product_name,
    event.service_name,
    event.method_name,
    String(event.status_code),
    event.project_id ?? "",
    event.resources.map(({ type, id }) => `${type}/${id}`).join(" "),
    event.request_id,
    JSON.stringify(event.request_body ?? {}),
  ];
}

/** The lines of a file, and what stands before them. */
export const writers: Readonly<Record<Format, { type: string; head: string; line: (event: WireEvent) => string }>> = {
  jsonl: { type: "application/jsonl", head: "", line: (event) => `${JSON.stringify(event)}\n` },
  csv: { type: "text/csv;charset=utf-8", head: csvRow(columns), line: (event) => csvRow(cells(event)) },
};

type Progress = { onProgress: (n: number) => void; signal: AbortSignal };

/** Reads all events of a request, and returns the file; undefined: it was given up. */
export async function exportEvents(region: string, request: AuditTrailv1alpha1.ListEventsRequest, format: Format, { onProgress, signal }: Progress): Promise<{ file: Blob; events: number; cut: boolean } | undefined> {
  const { type, head, line } = writers[format];
  const parts = [head];
  const query = queryOf({ ...request, pageSize });
  let events = 0;
  for (;;) {
    const page = await call<{ events: WireEvent[]; next_page_token?: string | null }>("GET", `/audit-trail/v1alpha1/regions/${region}/events?${query.toString()}`);
    if (signal.aborted) return undefined;
    parts.push(page.events.map(line).join(""));
    events += page.events.length;
    onProgress(events);
    const more = page.next_page_token;
    if (!more || events >= maxExported) return { file: new Blob(parts, { type }), events, cut: Boolean(more) };
    query.set("page_token", more);
  }
}

/** Gives a file to the reader. */
export function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it when this task is over.
  setTimeout(() => URL.revokeObjectURL(url));
}
