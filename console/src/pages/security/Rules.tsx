import type { Iamv1alpha1 } from "@scaleway/sdk-iam";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Check } from "../../ui/Check";
import { durationOf, inUnits, secondsOf } from "../../ui/duration";
import { DurationField } from "../../ui/DurationField";
import { Field } from "../../ui/Field";
import { Panel } from "../../ui/Panel";
import { texts } from "./texts";

type Settings = Iamv1alpha1.OrganizationSecuritySettings;

/** What the form begins with. */
function read(settings: Settings) {
  const keys = secondsOf(settings.maxApiKeyExpirationDuration);
  return {
    attempts: String(settings.loginAttemptsBeforeLocked),
    renewal: settings.enforcePasswordRenewal,
    grace: inUnits(secondsOf(settings.gracePeriodDuration)),
    session: inUnits(secondsOf(settings.maxLoginSessionDuration)),
    limited: keys > 0,
    keys: inUnits(keys || 365 * 86_400),
  };
}

/** What the API is told. */
function write(form: ReturnType<typeof read>) {
  return {
    loginAttemptsBeforeLocked: Number(form.attempts),
    enforcePasswordRenewal: form.renewal,
    gracePeriodDuration: durationOf(form.grace.amount, form.grace.unit),
    maxLoginSessionDuration: durationOf(form.session.amount, form.session.unit),
    maxApiKeyExpirationDuration: form.limited ? durationOf(form.keys.amount, form.keys.unit) : "0s",
  };
}

/** Only what is different: two administrators who change different settings undo nothing of each other's. */
function changes<T extends object>(before: T, after: T): Partial<T> {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name as keyof T] !== value)) as Partial<T>;
}

/** The security settings of the published API. */
export function Rules({ settings }: { settings: Settings }) {
  const t = useTexts(texts);
  const { iam, organizationId } = useConsole();
  const cache = useQueryClient();
  const can = useCan("iam:security_settings:write");
  const [start, setStart] = useState(() => read(settings));
  const [form, setForm] = useState(start);
  const change = (values: Partial<typeof form>) => {
    save.reset();
    setForm({ ...form, ...values });
  };
  const save = useMutation({
    mutationFn: () => iam.updateOrganizationSecuritySettings({ organizationId, ...changes(write(start), write(form)) }),
    onSuccess: (answer) => {
      cache.setQueryData(["security-settings", organizationId], answer);
      setStart(read(answer));
      setForm(read(answer));
    },
  });
  const faults = save.error ? faultOf(save.error).fields : {};
  return (
    <Panel title={t.rules} can={can} onSubmit={() => save.mutate()} pending={save.isPending} error={save.error} saved={save.isSuccess}>
      <Field label={t.attempts} help={t.attemptsHelp} type="number" required value={form.attempts} onChange={(attempts) => change({ attempts })} error={faults["login_attempts_before_locked"]} />
      <DurationField label={t.grace} help={t.graceHelp} {...form.grace} onChange={(amount, unit) => change({ grace: { amount, unit } })} error={faults["grace_period_duration"]} />
      <DurationField label={t.session} help={t.sessionHelp} {...form.session} onChange={(amount, unit) => change({ session: { amount, unit } })} error={faults["max_login_session_duration"]} />
      <Check label={t.renewal} checked={form.renewal} onChange={(renewal) => change({ renewal })} />
      <Check label={t.keyLimit} help={t.keysHelp} checked={form.limited} onChange={(limited) => change({ limited })} />
      {form.limited && <DurationField label={t.keys} {...form.keys} onChange={(amount, unit) => change({ keys: { amount, unit } })} error={faults["max_api_key_expiration_duration"]} />}
    </Panel>
  );
}
