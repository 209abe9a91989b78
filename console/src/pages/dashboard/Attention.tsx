import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { call } from "../../api/bridge";
import { useConsole } from "../../api/context";
import { useLocale, useTexts } from "../../i18n";
import { count, day } from "../../i18n/format";
import { ApiError } from "../../ui/ApiError";
import { texts } from "./texts";

const dayLength = 24 * 60 * 60 * 1000;
const expirySpan = 30 * dayLength;
const unusedSpan = 90 * dayLength;
/** So many are looked at, and named. */
const looked = 100;
const named = 5;

type Finding = { total: number; more?: boolean; items?: { key: string; name: string; note: string }[] };

/** One kind of thing that somebody should look at; the card says so when there is none, too. */
function Card({ title, text, link, name, load }: { title: string; text: string; link: string; name: string; load: () => Promise<Finding> }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const { organizationId } = useConsole();
  const { data, error } = useQuery({ queryKey: ["attention", organizationId, name, locale], queryFn: load });
  let body: ReactNode = <p className="number">…</p>;
  if (error) body = <ApiError error={error} />;
  if (data) {
    const total = count(data.total, locale);
    body = (
      <>
        <p className={data.total > 0 ? "number number-bad" : "number"}>{data.more ? t.more(total) : total}</p>
        {data.total > 0 && <p className="soft">{text}</p>}
        {data.items && data.items.length > 0 && (
          <ul className="plain">
            {data.items.map((item) => (
              <li key={item.key}>
                <code>{item.key}</code> <span dir="auto">{item.name}</span> <span className="soft">{item.note}</span>
              </li>
            ))}
          </ul>
        )}
      </>
    );
  }
  return (
    <li className="card">
      <h3>
        <Link to={link}>{title}</Link>
      </h3>
      {body}
    </li>
  );
}

type LastUses = { total_count: number; last_used: { access_key: string; name?: string; last_used_at: string | null }[] };

/** What an administrator should look at. */
export function Attention() {
  const t = useTexts(texts);
  const locale = useLocale();
  const { iam, organizationId } = useConsole();
  const expiring = async (): Promise<Finding> => {
    const { apiKeys } = await iam.listAPIKeys({ organizationId, expired: false, orderBy: "expires_at_asc", pageSize: looked });
    const until = Date.now() + expirySpan;
    const soon = apiKeys.filter((key) => key.expiresAt !== undefined && key.expiresAt.getTime() < until);
    return {
      total: soon.length,
      more: soon.length === looked,
      items: soon.slice(0, named).map((key) => ({ key: key.accessKey, name: key.description, note: t.expires(day(key.expiresAt, locale)) })),
    };
  };
  const unused = async (): Promise<Finding> => {
    const query = new URLSearchParams({ organization_id: organizationId, page_size: String(named), unused_since: new Date(Date.now() - unusedSpan).toISOString() });
    const answer = await call<LastUses>("GET", `/bailiwick/v1/last-used?${query.toString()}`);
    return {
      total: answer.total_count,
      items: answer.last_used.map((use) => ({
        key: use.access_key,
        name: use.name ?? "",
        note: use.last_used_at ? t.lastUsed(day(use.last_used_at, locale)) : t.never,
      })),
    };
  };
  const totalOf = (answer: { totalCount: number }): Finding => ({ total: answer.totalCount });
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">{t.attention}</h2>
      <ul className="cards cards-wide">
        <Card title={t.withoutMfa} text={t.withoutMfaText} link="/console/users?mfa=false" name="mfa" load={() => iam.listUsers({ organizationId, mfa: false, pageSize: 1 }).then(totalOf)} />
        <Card title={t.noPrincipal} text={t.noPrincipalText} link="/console/policies?show=none" name="no-principal" load={() => iam.listPolicies({ organizationId, noPrincipal: true, pageSize: 1 }).then(totalOf)} />
        <Card title={t.expiring} text={t.expiringText} link="/console/api-keys" name="expiring" load={expiring} />
        <Card title={t.unused} text={t.unusedText} link="/console/api-keys" name="unused" load={unused} />
      </ul>
    </section>
  );
}
