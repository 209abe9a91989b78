import { Errors } from "@scaleway/sdk-client";
import { BridgeError } from "./bridge";

/** What an error tells the reader, whichever client it comes from. */
export type Fault = {
  /** Of the answer; 0: there was none. */
  readonly status: number;
  /** Permissions that are missing, ":resource:action": the API names no service. */
  readonly missing: readonly string[];
  /** What is wrong, by the name of the argument. */
  readonly fields: Readonly<Record<string, string>>;
  /** What the server says, in English; undefined: nothing besides. */
  readonly message: string | undefined;
};

type Detail = { action?: string; resource?: string; argument_name?: string; argumentName?: string; help_message?: string; helpMessage?: string; reason?: string };

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Reads an error of the official clients, of our own calls, or of the network. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof Errors.ScalewayError) && !(error instanceof BridgeError)) {
    const offline = error instanceof TypeError;
    return { status: 0, missing: [], fields: {}, message: offline || !(error instanceof Error) ? undefined : error.message };
  }
  const body = (typeof error.body === "object" && error.body !== null ? error.body : {}) as Record<string, unknown>;
  const details = (Array.isArray(body["details"]) ? body["details"] : []) as Detail[];
  const missing: string[] = [];
  const fields: Record<string, string> = {};
  for (const d of details) {
    if (d.action && d.resource) missing.push(`:${d.resource}:${d.action}`);
    const name = d.argument_name ?? d.argumentName;
    if (name) fields[name] = d.help_message ?? d.helpMessage ?? d.reason ?? "";
  }
  return { status: error.status, missing, fields, message: text(body["help_message"]) ?? text(body["message"]) };
}
