import { useSearchParams } from "react-router";
import { useTexts } from "../../i18n";
import { Filter } from "../../ui/Filter";
import { texts } from "./texts";

/** Which keys are shown: whose, and whether they have expired. Both are in the address. */
export function useFilters() {
  const [params, setParams] = useSearchParams();
  const change = (name: "of" | "state", value: string) =>
    setParams(
      (before) => {
        if (value) before.set(name, value);
        else before.delete(name);
        before.delete("page");
        return before;
      },
      { replace: true },
    );
  return { of: params.get("of") ?? "", state: params.get("state") ?? "", change };
}

type Option = { value: string; label: string };

export function Filters({ of, state, change }: ReturnType<typeof useFilters>) {
  const t = useTexts(texts);
  const whose: Option[] = [
    { value: "", label: t.all },
    { value: "me", label: t.mine },
    { value: "user", label: t.ofUsers },
    { value: "application", label: t.ofApplications },
  ];
  if (!whose.some((option) => option.value === of)) whose.push({ value: of, label: t.ofOne(of) });
  return (
    <>
      <Filter label={t.show} value={of} onChange={(value) => change("of", value)} options={whose} />
      <Filter
        label={t.life}
        value={state}
        onChange={(value) => change("state", value)}
        options={[
          { value: "", label: t.anyLife },
          { value: "living", label: t.living },
          { value: "ended", label: t.ended },
        ]}
      />
    </>
  );
}
