/** What the search of chats says. */
export const s = {
  title: "Search chats",
  placeholder: "Search titles and texts",
  newChat: "New chat",
  knowledge: "Knowledge",
  settings: "Settings",
  shortcuts: "Keyboard shortcuts",
  close: "Close",
  used: "Used",
  days: [
    [0, "Any time"],
    [7, "Past 7 days"],
    [30, "Past 30 days"],
    [365, "Past year"],
  ] as const,
  empty: (query: string) =>
    `No chat holds “${query}”. A chat is found when one of its messages or its title holds every word.`,
  failed: "The search did not work. Your chats are safe; try again.",
  results: "Results",
  count: (count: number) => (count === 1 ? "1 result" : `${count} results`),
};
