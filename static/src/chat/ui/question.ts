/** Open the question above the card that was clicked in, by its own Edit button. */
export function editQuestion(event: MouseEvent): void {
  const answer = (event.currentTarget as HTMLElement).closest(".turn-answer");
  answer?.previousElementSibling?.querySelector<HTMLElement>(".edit-button")?.click();
}
