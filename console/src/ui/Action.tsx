import { Button } from "@ultraviolet/ui";
import { type ComponentProps, type ReactNode, useId } from "react";
import type { Can } from "../api/permissions";
import { Missing } from "./ApiError";

type Props = {
  children: ReactNode;
  onClick?: () => void;
  /** Whether the reader may; see useCan. The button is disabled with the reason when not. */
  can?: Can;
  /** Any other reason why it is disabled. */
  disabled?: boolean;
  loading?: boolean;
  kind?: "primary" | "secondary" | "danger";
  type?: "button" | "submit";
  size?: ComponentProps<typeof Button>["size"];
  label?: string;
};

const looks = {
  primary: { variant: "filled", sentiment: "primary" },
  secondary: { variant: "outlined", sentiment: "neutral" },
  danger: { variant: "filled", sentiment: "danger" },
} as const;

/** A button that says why it cannot be used. */
export function Action({ children, onClick, can, disabled = false, loading = false, kind = "secondary", type = "button", size = "medium", label }: Props) {
  const reason = useId();
  const missing = can?.missing;
  const off = disabled || (can !== undefined && !can.allowed);
  return (
    // A disabled button cannot be reached with the keyboard, so what is around it can: the reason is for everybody.
    <span className="action" {...(missing && { role: "group", tabIndex: 0, "aria-describedby": reason })}>
      <Button {...looks[kind]} type={type} size={size} disabled={off} isLoading={loading} {...(onClick && { onClick })} {...(label && { "aria-label": label })}>
        {children}
      </Button>
      {missing && (
        <span className="reason" id={reason}>
          <Missing permission={missing} />
        </span>
      )}
    </span>
  );
}
