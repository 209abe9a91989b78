import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useConsole } from "../../api/context";
import { useLocale, useTexts } from "../../i18n";
import { count } from "../../i18n/format";
import { ApiError } from "../../ui/ApiError";
import { Page } from "../../ui/Page";
import { Attention } from "./Attention";
import { Events } from "./Events";
import { texts } from "./texts";

function Count({ label, name, link, load }: { label: string; name: string; link: string; load: () => Promise<{ totalCount: number }> }) {
  const { organizationId } = useConsole();
  const locale = useLocale();
  const { data, error } = useQuery({ queryKey: ["count", organizationId, name], queryFn: load });
  return (
    <li className="card">
      <h2>
        <Link to={link}>{label}</Link>
      </h2>
      {error ? <ApiError error={error} /> : <p className="number">{data ? count(data.totalCount, locale) : "…"}</p>}
    </li>
  );
}

/** The organization at a glance. */
export default function Dashboard() {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const one = { organizationId, pageSize: 1 };
  return (
    <Page title={t.title}>
      <ul className="cards">
        <Count label={t.users} name="users" link="/console/users" load={() => iam.listUsers(one)} />
        <Count label={t.applications} name="applications" link="/console/applications" load={() => iam.listApplications(one)} />
        <Count label={t.groups} name="groups" link="/console/groups" load={() => iam.listGroups(one)} />
        <Count label={t.policies} name="policies" link="/console/policies" load={() => iam.listPolicies(one)} />
        <Count label={t.keys} name="keys" link="/console/api-keys" load={() => iam.listAPIKeys(one)} />
      </ul>
      <Attention />
      <Events />
    </Page>
  );
}
