/**
 * `<confirm-dialog heading="Remove Ann?" text="This cannot be undone." action="Remove" danger>` around a form:
 * sending the form asks first. Without script the form is sent as it is.
 */
class ConfirmDialog extends HTMLElement {
  private agreed = false;

  connectedCallback(): void {
    this.addEventListener(
      "submit",
      (event) => {
        if (this.agreed) return;
        event.preventDefault();
        event.stopPropagation();
        this.ask(event.target as HTMLFormElement, event.submitter);
      },
      { capture: true },
    );
  }

  private ask(form: HTMLFormElement, submitter: HTMLElement | null): void {
    const dialog = document.createElement("dialog");
    dialog.className = "modal-box";
    const heading = document.createElement("h2");
    heading.id = "confirm-heading";
    heading.textContent = this.getAttribute("heading") ?? "Are you sure?";
    const text = document.createElement("p");
    text.textContent = this.getAttribute("text") ?? "";
    const actions = document.createElement("div");
    actions.className = "modal-actions";
    const cancel = button("Cancel", "btn");
    const tone = this.hasAttribute("danger") ? "btn btn-error" : "btn btn-primary";
    const confirm = button(this.getAttribute("action") ?? "Continue", tone);
    actions.append(cancel, confirm);
    dialog.append(heading, text, actions);
    dialog.setAttribute("aria-labelledby", heading.id);
    cancel.addEventListener("click", () => dialog.close());
    confirm.addEventListener("click", () => {
      dialog.close();
      this.agreed = true;
      form.requestSubmit(submitter as HTMLButtonElement | null);
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    cancel.focus();
  }
}

function button(label: string, className: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = label;
  return made;
}

customElements.define("confirm-dialog", ConfirmDialog);
