import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Check, Section, useSave } from "./Section";
import { texts } from "./texts";

/** How members sign in. The last way cannot be taken off. */
export function Methods({ organization }: { organization: Iamv1alpha1.Organization }) {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const can = useCan("iam:organization:write");
  const now = {
    loginPasswordEnabled: organization.loginPasswordEnabled,
    loginMagicCodeEnabled: organization.loginMagicCodeEnabled,
    loginOauth2Enabled: organization.loginOauth2Enabled,
    loginSamlEnabled: organization.loginSamlEnabled,
  };
  const [changed, setChanged] = useState<Partial<typeof now>>({});
  const form = { ...now, ...changed };
  const saving = useSave(async () => {
    await iam.updateOrganizationLoginMethods({ organizationId, ...form });
  });
  // SAML alone would leave nobody a way in: it can be taken off, not relied on.
  const left = [form.loginPasswordEnabled, form.loginMagicCodeEnabled, form.loginOauth2Enabled].filter(Boolean).length;
  const way = (name: keyof typeof now, label: string, fixed = form[name] && left === 1) => (
    <Check label={label} checked={form[name]} disabled={fixed} onChange={(on) => setChanged((before) => ({ ...before, [name]: on }))} />
  );
  return (
    <Section title={t.methods} text={t.methodsText} can={can} saving={saving} unchanged={JSON.stringify(form) === JSON.stringify(now)}>
      {way("loginPasswordEnabled", t.password)}
      {way("loginMagicCodeEnabled", t.magicCode)}
      {way("loginOauth2Enabled", t.oauth2)}
      {way("loginSamlEnabled", t.saml, !form.loginSamlEnabled)}
      <p className="field-help">{t.samlText}</p>
    </Section>
  );
}
