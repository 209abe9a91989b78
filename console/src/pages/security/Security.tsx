import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { call } from "../../api/bridge";
import { useConsole } from "../../api/context";
import { useTexts } from "../../i18n";
import { ApiError } from "../../ui/ApiError";
import { Page } from "../../ui/Page";
import { texts as shared } from "../../ui/texts";
import { Alias } from "./Alias";
import { Demands, type LoginPolicy } from "./Demands";
import { Methods } from "./Methods";
import { Rules } from "./Rules";
import { texts } from "./texts";

function Loaded<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  const s = useTexts(shared);
  if (query.data !== undefined) return children(query.data);
  return query.error ? <ApiError error={query.error} onRetry={() => void query.refetch()} /> : <p role="status">{s.loading}</p>;
}

/** How the organization signs in. */
export default function Security() {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const settings = useQuery({ queryKey: ["security-settings", organizationId], queryFn: () => iam.getOrganizationSecuritySettings({ organizationId }) });
  const policy = useQuery({ queryKey: ["login-policy", organizationId], queryFn: () => call<LoginPolicy>("GET", "/bailiwick/v1/login-policy") });
  const organization = useQuery({ queryKey: ["organization", organizationId], queryFn: () => iam.getOrganization({ organizationId }) });
  return (
    <Page title={t.title}>
      <p>
        {t.intro} <Link to="/console/account">{t.toAccount}</Link>.
      </p>
      <Loaded query={settings}>{(data) => <Rules settings={data} />}</Loaded>
      <Loaded query={policy}>{(data) => <Demands policy={data} />}</Loaded>
      <Loaded query={organization}>
        {(data) => (
          <>
            <Methods organization={data} />
            <Alias organization={data} />
          </>
        )}
      </Loaded>
      <section className="card panel" aria-labelledby="federation">
        <h2 id="federation">{t.federation}</h2>
        <p>{t.federationText}</p>
      </section>
    </Page>
  );
}
