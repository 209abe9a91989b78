import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { short } from "../../access/principals";
import { useAllProjects } from "../../access/projects";
import { useConsole } from "../../api/context";
import { useCatalog } from "../../api/catalog";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Dialog } from "../../ui/Dialog";
import { texts as shared } from "../../ui/texts";
import { type Affected, findAffected } from "./affected";
import type { Draft } from "./draft";
import { type Change, everywhere, impact } from "./impact";
import { reviewTexts } from "./reviewTexts";

function Permissions({ label, list }: { label: string; list: readonly string[] }) {
  if (list.length === 0) return null;
  return (
    <details>
      <summary>
        {label}: {list.length}
      </summary>
      <p className="permissions">
        <code>{list.join(" ")}</code>
      </p>
    </details>
  );
}

function Place({ change }: { change: Change }) {
  const t = useTexts(reviewTexts);
  const { data: projects = [] } = useAllProjects([change.place]);
  const name = projects.find((project) => project.id === change.place)?.name ?? change.place;
  return (
    <section className="change">
      <h4 dir="auto">{change.place === everywhere ? t.everywhere : t.project(short(name))}</h4>
      <Permissions label={t.gains} list={change.gains} />
      <Permissions label={t.conditions} list={change.conditions} />
      <Permissions label={t.loses} list={change.loses} />
    </section>
  );
}

function Person({ one }: { one: Affected }) {
  const t = useTexts(reviewTexts);
  const locale = useLocale();
  const { data: catalog } = useCatalog();
  const changes = useMemo(() => {
    const sets = new Map(catalog?.permission_sets.map((set) => [set.name, set]));
    const others = one.others ?? [];
    return impact([...others, ...one.before], [...others, ...one.after], sets);
  }, [catalog, one]);
  const sum = (kind: "gains" | "conditions" | "loses") => count(changes.reduce((n, change) => n + change[kind].length, 0), locale);
  const what = one.owner ? t.owner : changes.length === 0 ? t.same : t.summary(sum("gains"), sum("conditions"), sum("loses"));
  return (
    <li className="card">
      <p>
        <strong dir="auto">{short(one.principal.name)}</strong> {what}
      </p>
      {!one.others && !one.owner && <p className="notice">{t.unknown}</p>}
      {!one.owner && changes.map((change) => <Place key={change.place} change={change} />)}
    </li>
  );
}

function Gains({ policyId, base, draft }: { policyId: string | undefined; base: Draft | undefined; draft: Draft }) {
  const t = useTexts(reviewTexts);
  const locale = useLocale();
  const clients = useConsole();
  const { data, error } = useQuery({
    queryKey: ["policy-impact", clients.organizationId, policyId, base, draft],
    queryFn: () => findAffected(clients, policyId, base, draft),
    gcTime: 0,
  });
  if (error) return <ApiError error={error} />;
  if (!data) return <p role="status">{t.looking}</p>;
  return (
    <>
      {data.affected.length === 0 && data.groups.length === 0 && <p>{t.nobody}</p>}
      {data.groups.map(({ group, members }) => (
        <p key={group.id} dir="auto">
          {t.group(short(group.name), count(members, locale))}
        </p>
      ))}
      <ul className="affected">
        {data.affected.map((one) => (
          <Person key={one.principal.id} one={one} />
        ))}
      </ul>
      {data.more > 0 && <p>{t.more(count(data.more, locale))}</p>}
    </>
  );
}

type Props = { policyId: string | undefined; base: Draft | undefined; draft: Draft; onSave: () => void; onClose: () => void; saving: boolean; error: unknown };

/** What saving a policy changes, before it is saved. */
export function Review({ policyId, base, draft, onSave, onClose, saving, error }: Props) {
  const t = useTexts(reviewTexts);
  const s = useTexts(shared);
  return (
    <Dialog title={t.title} onClose={onClose} wide>
      <h3>{t.impact}</h3>
      <Gains policyId={policyId} base={base} draft={draft} />
      <p className="field-help">{t.limits}</p>
      {error ? <ApiError error={error} /> : null}
      <div className="dialog-actions">
        <Action onClick={onClose}>{s.cancel}</Action>
        <Action kind="primary" loading={saving} onClick={onSave}>
          {t.save}
        </Action>
      </div>
    </Dialog>
  );
}
