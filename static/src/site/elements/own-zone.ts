/** `<select data-own-zone>`: begins with the browser's time zone while it still says UTC. */
for (const select of document.querySelectorAll<HTMLSelectElement>("select[data-own-zone]")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select.value === "UTC" && [...select.options].some((option) => option.value === own))
    select.value = own;
}
