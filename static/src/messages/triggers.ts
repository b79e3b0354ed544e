/** The lists that `/`, `@` and `#` open in the message box. */
export const t = {
  "/": "Actions",
  "@": "Models",
  "#": "Collections",
  count: (count: number) => (count === 1 ? "1 choice" : `${count} choices`),
  isSearched: "Searched already: choose it to leave it out",
  modelChosen: (name: string) => `${name} answers from the next message on`,
  baseAdded: (name: string) => `${name} is searched for the next answers`,
  baseRemoved: (name: string) => `${name} is no longer searched`,
  chooseModel: "Choose a model",
  newChat: "New chat",
  searchChats: "Search chats",
  shortcuts: "Keyboard shortcuts",
};
