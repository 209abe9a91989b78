import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { PrincipalPicker } from "../../access/PrincipalPicker";
import { type Principal } from "../../access/principals";
import { useConsole } from "../../api/context";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { Field } from "../../ui/Field";
import { download } from "./csv";
import { whatCan } from "./decisions";
import { useProjectName } from "./fields";
import { Rows } from "./Rows";
import { texts } from "./texts";

const step = 50;

function Answer({ principal }: { principal: Principal }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const { organizationId } = useConsole();
  const [search, setSearch] = useState("");
  const [shown, setShown] = useState(step);
  const { data, error } = useQuery({ queryKey: ["what-can", organizationId, principal.id], queryFn: () => whatCan(principal, organizationId) });
  const projectName = useProjectName(data?.scopes.flatMap((scope) => scope.project_id ?? []) ?? []);
  if (error) return <ApiError error={error} />;
  if (!data) return null;
  const all = data.scopes.flatMap((scope) =>
    (scope.permissions ?? []).map((permission) => {
      const place = scope.project_id ? projectName(scope.project_id) : t.everywhere;
      return { key: `${scope.project_id ?? ""} ${permission.name}`, cells: [permission.name, place, permission.condition ?? ""] };
    }),
  );
  const part = search.trim().toLowerCase();
  const rows = all.filter(({ cells }) => cells.some((cell) => cell.toLowerCase().includes(part)));
  return (
    <section>
      <Field label={t.filter} value={search} onChange={setSearch} />
      {rows.length === 0 ? <p>{t.nothing}</p> : <Rows caption={t.what} headers={[t.permission, t.place, t.condition]} rows={rows.slice(0, shown)} />}
      <div className="save-bar">
        <span role="status">{t.shown(count(Math.min(shown, rows.length), locale), count(rows.length, locale))}</span>
        {rows.length > shown && <Action onClick={() => setShown(shown + step)}>{t.loadMore}</Action>}
        <Action onClick={() => download("what-can.csv", [["permission", "scope", "condition"], ...rows.map(({ cells }) => cells)])}>{t.csv}</Action>
      </div>
    </section>
  );
}

/** All that somebody may do. */
export function WhatView() {
  const t = useTexts(texts);
  const [principal, setPrincipal] = useState<Principal>();
  return (
    <>
      <PrincipalPicker legend={t.subject} types={["user", "application"]} value={principal} onChange={setPrincipal} />
      {principal && <Answer key={principal.id} principal={principal} />}
    </>
  );
}
