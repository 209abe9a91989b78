import { type Principal, type PrincipalType, principalTypes } from "../../access/principals";
import type { Project } from "../../access/projects";
import { type Draft, type Rule, newRule } from "./draft";

/** A policy as people write it: the names of things, not their ids, where a name is enough. */
type PolicyDocument = {
  name: string;
  description?: string;
  tags?: string[];
  user?: string;
  group?: string;
  application?: string;
  rules: { organization?: true; projects?: string[]; permission_sets: string[]; condition?: string }[];
};

/** The JSON document of a policy. A project whose name another one has, too, is written with its id. */
export function toDocument(draft: Draft, projects: readonly Project[]): string {
  const nameOf = (id: string) => {
    const name = projects.find((project) => project.id === id)?.name;
    return name !== undefined && projects.filter((project) => project.name === name).length === 1 ? name : id;
  };
  const document: PolicyDocument = {
    name: draft.name,
    ...(draft.description && { description: draft.description }),
    ...(draft.tags.length > 0 && { tags: [...draft.tags] }),
    ...(draft.principal && { [draft.principal.type]: draft.principal.name }),
    rules: draft.rules.map((rule) => ({
      ...(rule.scope.kind === "organization" ? { organization: true as const } : { projects: rule.scope.ids.map(nameOf) }),
      permission_sets: [...rule.sets],
      ...(rule.condition.trim() && { condition: rule.condition }),
    })),
  };
  return JSON.stringify(document, undefined, 2);
}

/** What is wrong with a document: where, and which of the texts says it. */
export type DocumentFault = { readonly at: string; readonly kind: "json" | "object" | "text" | "texts" | "list" | "member" | "scope" | "principals" | "project" | "projects" };

/** A document that was read. Who its principal is, the server has to be asked. */
export type Parsed = { readonly draft: Draft; readonly principal: { readonly type: PrincipalType; readonly text: string } | undefined };

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === "string");

const members = new Set(["name", "description", "tags", "rules", ...principalTypes, ...principalTypes.map((type) => `${type}_id`), "organization_id", "no_principal"]);
const ruleMembers = new Set(["organization", "organization_id", "projects", "project_ids", "permission_sets", "permission_set_names", "condition"]);

class Reader {
  readonly faults: DocumentFault[] = [];

  constructor(private readonly projects: readonly Project[]) {}

  private fault(at: string, kind: DocumentFault["kind"]): void {
    this.faults.push({ at, kind });
  }

  private known(value: Members, names: ReadonlySet<string>, at: string): void {
    for (const name of Object.keys(value)) if (!names.has(name)) this.fault(`${at}${name}`, "member");
  }

  private text(value: unknown, at: string): string {
    if (value === undefined || value === null) return "";
    if (typeof value === "string") return value;
    this.fault(at, "text");
    return "";
  }

  private texts(value: unknown, at: string): string[] {
    if (value === undefined || value === null) return [];
    if (isTexts(value)) return value;
    this.fault(at, "texts");
    return [];
  }

  private project(text: string, at: string): string {
    if (this.projects.some((project) => project.id === text)) return text;
    const named = this.projects.filter((project) => project.name === text);
    if (named.length !== 1) this.fault(at, named.length === 0 ? "project" : "projects");
    return named[0]?.id ?? text;
  }

  private rule(value: unknown, at: string): Rule {
    const rule = newRule();
    if (!isObject(value)) {
      this.fault(at, "object");
      return rule;
    }
    this.known(value, ruleMembers, `${at}.`);
    const ids = this.texts(value["projects"] ?? value["project_ids"], `${at}.projects`).map((text, i) => this.project(text, `${at}.projects[${i}]`));
    const whole = Boolean(value["organization"] ?? value["organization_id"]);
    if (whole === ids.length > 0) this.fault(at, "scope");
    return {
      ...rule,
      sets: this.texts(value["permission_sets"] ?? value["permission_set_names"], `${at}.permission_sets`),
      scope: whole ? { kind: "organization" } : { kind: "projects", ids },
      condition: this.text(value["condition"], `${at}.condition`),
    };
  }

  private principal(value: Members): Parsed["principal"] {
    const found = principalTypes.flatMap((type) => {
      const text = this.text(value[type] ?? value[`${type}_id`], type);
      return text === "" ? [] : [{ type, text }];
    });
    if (found.length > 1) this.fault("", "principals");
    return found[0];
  }

  read(value: unknown): Parsed | undefined {
    if (!isObject(value)) {
      this.fault("", "object");
      return undefined;
    }
    this.known(value, members, "");
    const rules = value["rules"] ?? [];
    if (!Array.isArray(rules)) this.fault("rules", "list");
    const draft = {
      name: this.text(value["name"], "name"),
      description: this.text(value["description"], "description"),
      tags: this.texts(value["tags"], "tags"),
      principal: undefined,
      rules: Array.isArray(rules) ? rules.map((rule, i) => this.rule(rule, `rules[${i}]`)) : [],
    };
    return { draft, principal: this.principal(value) };
  }
}

/** The texts with which a document names projects; none if it cannot be read. */
export function projectTexts(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    const rules = isObject(value) && Array.isArray(value["rules"]) ? value["rules"].filter(isObject) : [];
    return rules.flatMap((rule) => [rule["projects"], rule["project_ids"]]).filter(isTexts).flat();
  } catch {
    return [];
  }
}

/**
 * Reads a document: in the form that toDocument writes, or with the names of the API (project_ids,
 * permission_set_names, user_id and so on). Everything that is wrong is named.
 */
export function parseDocument(text: string, projects: readonly Project[]): Parsed | readonly DocumentFault[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return [{ at: cause instanceof Error ? cause.message : "", kind: "json" }];
  }
  const reader = new Reader(projects);
  const parsed = reader.read(value);
  return parsed && reader.faults.length === 0 ? parsed : reader.faults;
}

/** Whether what was read is a document and not its faults. */
export function isParsed(value: Parsed | readonly DocumentFault[]): value is Parsed {
  return "draft" in value;
}

/** The draft of a document whose principal has been found. */
export function withPrincipal({ draft }: Parsed, principal: Principal | undefined): Draft {
  return { ...draft, principal };
}
