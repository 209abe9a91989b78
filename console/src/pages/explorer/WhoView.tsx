import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { short } from "../../access/principals";
import { useConsole } from "../../api/context";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { Action } from "../../ui/Action";
import { ApiError } from "../../ui/ApiError";
import { SelectField } from "../../ui/Field";
import { download } from "./csv";
import { type Grantee, whoCan } from "./decisions";
import { PermissionField, PlaceField } from "./fields";
import { Rows } from "./Rows";
import { texts } from "./texts";

type Kind = "all" | "user" | "application";
type Surety = "all" | "yes" | "conditional";

const csvPage = 100;

async function everybody(permission: string, organizationId: string, projectId: string): Promise<Grantee[]> {
  const all: Grantee[] = [];
  let token: string | undefined;
  do {
    const page = await whoCan(permission, organizationId, projectId, token, csvPage);
    all.push(...page.yes, ...page.conditional);
    token = page.next_page_token;
  } while (token);
  return all;
}

function fits(one: Grantee, kind: Kind, surety: Surety): boolean {
  return (kind === "all" || one.type === kind) && (surety === "all" || (surety === "conditional") === (one.condition !== undefined));
}

const ways = (one: Grantee) => [...new Set(one.via.map((via) => via.permission_set ?? via.by))].join(", ");

function Answer({ permission, projectId }: { permission: string; projectId: string }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const { organizationId } = useConsole();
  const [kind, setKind] = useState<Kind>("all");
  const [surety, setSurety] = useState<Surety>("all");
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery({
    queryKey: ["who-can", organizationId, permission, projectId],
    queryFn: ({ pageParam }) => whoCan(permission, organizationId, projectId, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
  });
  const csv = useMutation({
    mutationFn: () => everybody(permission, organizationId, projectId),
    onSuccess: (all) => download("who-can.csv", [["type", "id", "name", "via", "condition"], ...all.filter((one) => fits(one, kind, surety)).map((one) => [one.type, one.id, one.name, ways(one), one.condition ?? ""])]),
  });
  if (error) return <ApiError error={error} />;
  if (!data) return null;
  const all = data.pages.flatMap((page) => [...page.yes, ...page.conditional]);
  const rows = all.filter((one) => fits(one, kind, surety));
  return (
    <section>
      <div className="hours">
        <SelectField<Kind> label={t.kind} value={kind} onChange={setKind} options={[{ value: "all", label: t.people }, { value: "user", label: t.users }, { value: "application", label: t.applications }]} />
        <SelectField<Surety> label={t.filter} value={surety} onChange={setSurety} options={[{ value: "all", label: t.everyone }, { value: "yes", label: t.always }, { value: "conditional", label: t.conditional }]} />
      </div>
      {rows.length === 0 ? (
        <p>{t.nothing}</p>
      ) : (
        <Rows caption={t.who} headers={[t.name, t.kind, t.via, t.condition]} rows={rows.map((one) => ({ key: one.id, cells: [short(one.name || one.id, 200), t[one.type], ways(one), one.condition ?? ""] }))} />
      )}
      <div className="save-bar">
        <span role="status">{t.shown(count(all.length, locale), count(data.pages[0]?.total ?? 0, locale))}</span>
        {hasNextPage && (
          <Action loading={isFetching} onClick={() => void fetchNextPage()}>
            {t.loadMore}
          </Action>
        )}
        <Action loading={csv.isPending} onClick={() => csv.mutate()}>
          {t.csv}
        </Action>
      </div>
      {csv.error && <ApiError error={csv.error} />}
    </section>
  );
}

/** Everybody who has a permission. */
export function WhoView() {
  const t = useTexts(texts);
  const [q, setQ] = useState({ permission: "", projectId: "" });
  const [asked, setAsked] = useState<typeof q>();
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(q);
        }}
      >
        <PermissionField value={q.permission} onChange={(permission) => setQ({ ...q, permission })} />
        <PlaceField value={q.projectId} onChange={(projectId) => setQ({ ...q, projectId })} />
        <Action kind="primary" type="submit" disabled={!q.permission}>
          {t.ask}
        </Action>
      </form>
      {asked && <Answer key={JSON.stringify(asked)} {...asked} />}
    </>
  );
}
