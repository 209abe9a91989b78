import { useSearchParams } from "react-router";
import { useTexts } from "../../i18n";
import { Filter } from "../../ui/DataTable";
import { texts } from "./texts";

/** Which keys are shown: whose, and whether they have expired. Both are in the address. */
export function useFilters() {
  const [params] = useSearchParams();
  return { of: params.get("of") ?? "", state: params.get("state") ?? "" };
}

export function Filters({ of }: { of: string }) {
  const t = useTexts(texts);
  const whose = [
    { value: "", label: t.all },
    { value: "me", label: t.mine },
    { value: "user", label: t.ofUsers },
    { value: "application", label: t.ofApplications },
  ];
  if (!whose.some((option) => option.value === of)) whose.push({ value: of, label: t.ofOne(of) });
  return (
    <>
      <Filter name="of" label={t.show} options={whose} />
      <Filter
        name="state"
        label={t.life}
        options={[
          { value: "", label: t.anyLife },
          { value: "living", label: t.living },
          { value: "ended", label: t.ended },
        ]}
      />
    </>
  );
}
