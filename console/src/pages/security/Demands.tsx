import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/bridge";
import { useConsole } from "../../api/context";
import { faultOf } from "../../api/fault";
import { useCan } from "../../api/permissions";
import { useTexts } from "../../i18n";
import { Check } from "../../ui/Check";
import { durationOf, inUnits, secondsOf } from "../../ui/duration";
import { DurationField } from "../../ui/DurationField";
import { Panel } from "../../ui/Panel";
import { texts } from "./texts";

export type LoginPolicy = { mfa_required: boolean; password_inactivity: string | null };

const usual = 90 * 86_400;

/** What this server can ask of who signs in besides the published settings. */
export function Demands({ policy }: { policy: LoginPolicy }) {
  const t = useTexts(texts);
  const { organizationId } = useConsole();
  const cache = useQueryClient();
  const can = useCan("iam:security_settings:write");
  const [start, setStart] = useState(policy);
  const [required, setRequired] = useState(policy.mfa_required);
  const [limited, setLimited] = useState(secondsOf(policy.password_inactivity) > 0);
  const [span, setSpan] = useState(() => inUnits(secondsOf(policy.password_inactivity) || usual));
  const inactivity = limited ? durationOf(span.amount, span.unit) : "0s";
  const save = useMutation({
    mutationFn: () =>
      call<LoginPolicy>("PATCH", "/bailiwick/v1/login-policy", {
        ...(required !== start.mfa_required && { mfa_required: required }),
        ...(secondsOf(inactivity) !== secondsOf(start.password_inactivity) && { password_inactivity: inactivity }),
      }),
    onSuccess: async (answer) => {
      cache.setQueryData(["login-policy", organizationId], answer);
      setStart(answer);
      await cache.invalidateQueries({ queryKey: ["grace-periods"] });
    },
  });
  const change = <T,>(set: (value: T) => void) => {
    return (value: T) => {
      save.reset();
      set(value);
    };
  };
  return (
    <Panel title={t.demands} can={can} onSubmit={() => save.mutate()} pending={save.isPending} error={save.error} saved={save.isSuccess}>
      <Check label={t.mfa} help={t.mfaHelp} checked={required} onChange={change(setRequired)} />
      <Check label={t.inactivity} checked={limited} onChange={change(setLimited)} />
      {limited && (
        <DurationField
          label={t.inactivityFor}
          help={t.inactivityHelp}
          {...span}
          onChange={(amount, unit) => change(setSpan)({ amount, unit })}
          error={save.error ? faultOf(save.error).fields["password_inactivity"] : undefined}
        />
      )}
    </Panel>
  );
}
