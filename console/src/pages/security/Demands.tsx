import { useState } from "react";
import { call } from "../../api/bridge";
import { durationOf, secondsOf } from "../../api/duration";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Length } from "./Length";
import { Check, Section, useSave } from "./Section";
import { texts } from "./texts";

/** GET /bailiwick/v1/login-policy. */
export type LoginPolicy = { mfa_required: boolean; password_inactivity: string | null };

const day = 24 * 3600;
const inactivities = [0, 30 * day, 90 * day, 180 * day, 365 * day];

/** The demands that the published security settings do not have. */
export function Demands({ policy }: { policy: LoginPolicy }) {
  const t = useTexts(texts);
  const can = useCan("iam:security_settings:write");
  const now = { mfa: policy.mfa_required, inactivity: secondsOf(policy.password_inactivity) };
  const [changed, setChanged] = useState<Partial<typeof now>>({});
  const form = { ...now, ...changed };
  const change = (values: Partial<typeof now>) => setChanged((before) => ({ ...before, ...values }));
  const saving = useSave(() => call("PATCH", "/bailiwick/v1/login-policy", { mfa_required: form.mfa, password_inactivity: durationOf(form.inactivity) }));
  const faults = saving.error ? faultOf(saving.error).fields : {};
  return (
    <Section title={t.demands} text={t.demandsText} can={can} saving={saving} unchanged={JSON.stringify(form) === JSON.stringify(now)}>
      <Check label={t.mfa} checked={form.mfa} onChange={(mfa) => change({ mfa })} />
      <Length label={t.inactivity} offered={inactivities} none={t.inactivityNever} value={form.inactivity} onChange={(inactivity) => change({ inactivity })} error={faults["password_inactivity"]} />
    </Section>
  );
}
