import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { durationOf, secondsOf } from "../../api/duration";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Field } from "../../ui/Field";
import { Length } from "./Length";
import { Check, Section, useSave } from "./Section";
import { texts } from "./texts";

const hour = 3600;
const day = 24 * hour;

/** What is offered; what was set in another way is offered, too. */
const sessions = [hour, 8 * hour, 12 * hour, day, 7 * day, 14 * day, 30 * day, 90 * day];
const keys = [0, day, 7 * day, 30 * day, 90 * day, 182 * day, 365 * day];
const graces = [hour, day, 3 * day, 7 * day, 14 * day, 30 * day, 90 * day];

/** The security settings of the published API. */
export function Rules({ settings }: { settings: Iamv1alpha1.OrganizationSecuritySettings }) {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const can = useCan("iam:security_settings:write");
  const now = {
    attempts: String(settings.loginAttemptsBeforeLocked),
    session: secondsOf(settings.maxLoginSessionDuration),
    keys: secondsOf(settings.maxApiKeyExpirationDuration),
    grace: secondsOf(settings.gracePeriodDuration),
    renewal: settings.enforcePasswordRenewal,
  };
  const [changed, setChanged] = useState<Partial<typeof now>>({});
  const form = { ...now, ...changed };
  const change = (values: Partial<typeof now>) => setChanged((before) => ({ ...before, ...values }));
  const saving = useSave(async () => {
    await iam.updateOrganizationSecuritySettings({
      organizationId,
      loginAttemptsBeforeLocked: Number(form.attempts),
      maxLoginSessionDuration: durationOf(form.session),
      maxApiKeyExpirationDuration: durationOf(form.keys),
      gracePeriodDuration: durationOf(form.grace),
      enforcePasswordRenewal: form.renewal,
    });
  });
  const faults = saving.error ? faultOf(saving.error).fields : {};
  const unchanged = JSON.stringify(form) === JSON.stringify(now);
  return (
    <Section title={t.rules} text={t.rulesText} can={can} saving={saving} unchanged={unchanged}>
      <Field label={t.attempts} type="number" inputMode="numeric" required value={form.attempts} onChange={(attempts) => change({ attempts })} help={t.attemptsHelp} error={faults["login_attempts_before_locked"]} />
      <Length label={t.session} offered={sessions} value={form.session} onChange={(session) => change({ session })} help={t.sessionHelp} error={faults["max_login_session_duration"]} />
      <Length label={t.keys} offered={keys} none={t.unlimited} value={form.keys} onChange={(value) => change({ keys: value })} help={t.keysHelp} error={faults["max_api_key_expiration_duration"]} />
      <Length label={t.grace} offered={graces} value={form.grace} onChange={(grace) => change({ grace })} help={t.graceHelp} error={faults["grace_period_duration"]} />
      <Check label={t.renewal} checked={form.renewal} onChange={(renewal) => change({ renewal })} />
    </Section>
  );
}
