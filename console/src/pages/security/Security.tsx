import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useQuery } from "@tanstack/react-query";
import { call } from "../../api/bridge";
import { useConsole } from "../../api/context";
import { useTexts } from "../../i18n";
import { ApiError } from "../../ui/ApiError";
import { Page } from "../../ui/Page";
import { Alias } from "./Alias";
import { Demands, type LoginPolicy } from "./Demands";
import { Methods } from "./Methods";
import { Rules } from "./Rules";
import { texts } from "./texts";

type Loaded = { settings: Iamv1alpha1.OrganizationSecuritySettings; policy: LoginPolicy; organization: Iamv1alpha1.Organization };

/** What the organization wants of who signs in to it. */
export default function Security() {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const { data, error, refetch } = useQuery<Loaded>({
    queryKey: ["security", organizationId],
    queryFn: async () => {
      const [settings, policy, organization] = await Promise.all([
        iam.getOrganizationSecuritySettings({ organizationId }),
        call<LoginPolicy>("GET", "/bailiwick/v1/login-policy"),
        iam.getOrganization({ organizationId }),
      ]);
      return { settings, policy, organization };
    },
  });
  return (
    <Page title={t.title}>
      {error && <ApiError error={error} onRetry={() => void refetch()} />}
      {!data && !error && <p role="status">{t.loading}</p>}
      {data && (
        <>
          <Rules settings={data.settings} />
          <Demands policy={data.policy} />
          <Methods organization={data.organization} />
          <Alias organization={data.organization} />
        </>
      )}
    </Page>
  );
}
