// After a refused form the first wrong field has the focus.
document.querySelector<HTMLElement>('main [aria-invalid="true"]')?.focus();
