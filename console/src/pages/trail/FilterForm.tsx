import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { short } from "../../access/principals";
import { ProjectField } from "../../access/ProjectField";
import { useConsole } from "../../api/context";
import { searchApplications, searchUsers } from "../../api/search";
import { useTexts } from "../../i18n";
import { Action } from "../../ui/Action";
import { Field, Labelled, SelectField } from "../../ui/Field";
import { everyProject, type Filters, filterNames, rangeOf, ranges, resourceTypes } from "./filters";
import { texts } from "./texts";

type Suggestion = { value: string; label?: string };
type SuggestProps = { label: string; value: string; onChange: (value: string) => void; suggestions: readonly Suggestion[]; help?: string };

/** A text with suggestions: what the server knows, though there may be more in the trail. */
function SuggestField({ label, value, onChange, suggestions, help }: SuggestProps) {
  const id = useId();
  return (
    <Labelled label={label} id={id} help={help}>
      <input id={id} list={`${id}-list`} dir="auto" autoComplete="off" spellCheck={false} value={value} aria-describedby={help && `${id}-help`} onChange={(event) => onChange(event.target.value.trim())} />
      <datalist id={`${id}-list`}>
        {suggestions.map((one) => (
          <option key={one.value} value={one.value} label={one.label} />
        ))}
      </datalist>
    </Labelled>
  );
}

function useProducts() {
  const { trail, organizationId } = useConsole();
  // They are suggestions only: who may not see them types.
  const { data } = useQuery({ queryKey: ["trail-products", organizationId], queryFn: () => trail.listProducts({ organizationId }), staleTime: Infinity });
  return data?.products ?? [];
}

/** Users and applications whose name holds a text, by their ids. */
function usePrincipals(text: string): Suggestion[] {
  const clients = useConsole();
  const { data } = useQuery({
    queryKey: ["trail-principals", clients.organizationId, text],
    queryFn: async () => {
      const filter = { pageSize: 10 };
      const [users, applications] = await Promise.all([
        searchUsers(clients, text, filter).then(({ users: all }) => all.map((user) => ({ value: user.id, label: short(user.username || user.email) })), () => []),
        searchApplications(clients, text, filter).then(({ applications: all }) => all.map((one) => ({ value: one.id, label: short(one.name) })), () => []),
      ]);
      return [...users, ...applications];
    },
    staleTime: 30_000,
  });
  return data ?? [];
}

function useNoProject() {
  const t = useTexts(texts);
  const { project } = useConsole();
  return [
    { value: "", label: project ? t.chosenProject(short(project.name)) : t.allProjects },
    ...(project ? [{ value: everyProject, label: t.allProjects }] : []),
  ];
}

type Part = { draft: Filters; set: (name: keyof Filters) => (value: string) => void };

function What({ draft, set }: Part) {
  const t = useTexts(texts);
  const products = useProducts();
  const services = products.filter((one) => !draft.product || one.name === draft.product).flatMap((one) => one.services);
  const methods = services.filter((one) => !draft.service || one.name === draft.service).flatMap((one) => one.methods);
  const noProject = useNoProject();
  const types = [{ value: "", label: t.any }, ...resourceTypes.map((type) => ({ value: type, label: type }))];
  return (
    <>
      <SuggestField label={t.product} value={draft.product} onChange={set("product")} suggestions={products.map((one) => ({ value: one.name, label: one.title }))} />
      <SuggestField label={t.service} value={draft.service} onChange={set("service")} suggestions={services.map((one) => ({ value: one.name }))} />
      <SuggestField label={t.method} value={draft.method} onChange={set("method")} suggestions={[...new Set(methods)].map((value) => ({ value }))} />
      <SelectField<string> label={t.type} value={draft.type} options={types} onChange={set("type")} />
      <Field label={t.resource} value={draft.resource} onChange={set("resource")} spellCheck={false} />
      <ProjectField label={t.project} value={draft.project} before={noProject} onChange={set("project")} />
    </>
  );
}

/** The filters of the list. They are in the address once they are applied, so that a link leads to the same events. */
export function FilterForm({ filters, onApply }: { filters: Filters; onApply: (filters: Filters) => void }) {
  const t = useTexts(texts);
  const applied = JSON.stringify(filters);
  const [draft, setDraft] = useState(filters);
  const [seen, setSeen] = useState(applied);
  if (seen !== applied) {
    setSeen(applied);
    setDraft(filters);
  }
  const principals = usePrincipals(draft.principal);
  const set = (name: keyof Filters) => (value: string) => setDraft((before) => ({ ...before, [name]: value }));
  const range = rangeOf(draft);
  const statuses = [
    { value: "", label: t.any },
    { value: "200", label: t.done },
    { value: "403", label: t.refused },
  ];
  const used = filterNames.filter((name) => filters[name] !== "" && !["range", "from", "to"].includes(name)).length;
  return (
    <form
      role="search"
      aria-label={t.filters}
      onSubmit={(event) => {
        event.preventDefault();
        onApply(range === "custom" ? draft : { ...draft, from: "", to: "" });
      }}
    >
      <div className="trail-time">
        <SelectField<string> label={t.time} value={range} options={ranges.map((value) => ({ value, label: t[value] }))} onChange={set("range")} />
        {range === "custom" && <Field label={t.from} type="datetime-local" value={draft.from} onChange={set("from")} />}
        {range === "custom" && <Field label={t.to} type="datetime-local" value={draft.to} onChange={set("to")} />}
        <SelectField<string> label={t.result} value={draft.status} options={statuses} onChange={set("status")} />
      </div>
      <details open={used > 0 || undefined}>
        <summary>{t.moreFilters}</summary>
        <div className="trail-filters">
          <SuggestField label={t.principal} help={t.principalHelp} value={draft.principal} onChange={set("principal")} suggestions={principals} />
          <What draft={draft} set={set} />
          <Field label={t.ip} value={draft.ip} onChange={set("ip")} spellCheck={false} />
        </div>
      </details>
      <div className="trail-actions">
        <Action kind="primary" type="submit">
          {t.apply}
        </Action>
        <Action disabled={used === 0 && !filters.range} onClick={() => onApply(readNone())}>
          {t.clear}
        </Action>
      </div>
    </form>
  );
}

function readNone(): Filters {
  return Object.fromEntries(filterNames.map((name) => [name, ""])) as Filters;
}
