import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Check } from "../../ui/Check";
import { Panel } from "../../ui/Panel";
import { texts } from "./texts";

const methods = ["loginPasswordEnabled", "loginMagicCodeEnabled", "loginOauth2Enabled"] as const;
type Methods = Record<(typeof methods)[number], boolean>;

const read = (o: Iamv1alpha1.Organization): Methods => ({ loginPasswordEnabled: o.loginPasswordEnabled, loginMagicCodeEnabled: o.loginMagicCodeEnabled, loginOauth2Enabled: o.loginOauth2Enabled });

/** How members can sign in. */
export function Methods({ organization }: { organization: Iamv1alpha1.Organization }) {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const cache = useQueryClient();
  const can = useCan("iam:organization:write");
  const [start, setStart] = useState(() => read(organization));
  const [form, setForm] = useState(start);
  const save = useMutation({
    mutationFn: () => iam.updateOrganizationLoginMethods({ organizationId, ...Object.fromEntries(methods.filter((one) => form[one] !== start[one]).map((one) => [one, form[one]])) }),
    onSuccess: (answer) => {
      cache.setQueryData(["organization", organizationId], answer);
      setStart(read(answer));
      setForm(read(answer));
    },
  });
  const on = methods.filter((one) => form[one]);
  const labels = { loginPasswordEnabled: t.password, loginMagicCodeEnabled: t.magicCode, loginOauth2Enabled: t.oauth2 };
  return (
    <Panel title={t.methods} can={can} onSubmit={() => save.mutate()} pending={save.isPending} error={save.error} saved={save.isSuccess} disabled={on.length === 0}>
      <p className="soft">{t.methodsHelp}</p>
      {methods.map((one) => (
        <Check
          key={one}
          label={labels[one]}
          {...(one === "loginOauth2Enabled" && { help: t.oauth2Help })}
          checked={form[one]}
          disabled={on.length === 1 && form[one]}
          onChange={(checked) => {
            save.reset();
            setForm({ ...form, [one]: checked });
          }}
        />
      ))}
    </Panel>
  );
}
