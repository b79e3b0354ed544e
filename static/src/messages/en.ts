/** Every string of the chat page in English. Plain functions where a value goes in; other languages take the same shape. */

const size = (bytes: number): string =>
  bytes < 1000
    ? `${bytes} B`
    : bytes < 1_000_000
      ? `${Math.round(bytes / 1000)} kB`
      : `${(bytes / 1_000_000).toFixed(1).replace(/\.0$/, "")} MB`;

const seconds = (count: number): string => {
  if (count < 90) return `${Math.max(1, Math.round(count))} seconds`;
  if (count < 5400) return `${Math.round(count / 60)} minutes`;
  return `${Math.round(count / 3600)} hours`;
};

export const m = {
  size,
  app: {
    newChat: "New chat",
    skipConversation: "Skip to conversation",
    skipComposer: "Skip to message box",
    documentTitle: (title: string, organisation: string, unread: boolean) =>
      `${unread ? "● " : ""}${title} · ${organisation}`,
  },
  sidebar: {
    label: "Chats",
    collapse: "Collapse sidebar",
    expand: "Expand sidebar",
    openMenu: "Open menu",
    closeMenu: "Close menu",
    search: "Search chats",
    knowledge: "Knowledge",
    empty: "Your chats will appear here.",
    failed: "Your chats could not be loaded.",
    retry: "Try again",
    more: "Show older chats",
    running: "Generating",
    unread: "New answer",
    menuFor: (title: string) => `Options for ${title}`,
    groups: {
      pinned: "Pinned",
      today: "Today",
      yesterday: "Yesterday",
      week: "Previous 7 days",
      monthAgo: "Previous 30 days",
    },
  },
  chatMenu: {
    rename: "Rename",
    pin: "Pin",
    unpin: "Unpin",
    exportMarkdown: "Export as Markdown",
    exportJson: "Export as JSON",
    remove: "Delete",
    renameTitle: "Rename chat",
    renameLabel: "Name",
    removed: (title: string) => `“${title}” is deleted.`,
    restored: "The chat is back",
    undo: "Undo",
    save: "Save",
    cancel: "Cancel",
  },
  account: {
    label: (name: string) => `Account: ${name}`,
    notifications: (unread: number) => (unread ? `Notifications (${unread} new)` : "Notifications"),
    unread: "New notifications",
    settings: "Settings",
    shortcuts: "Keyboard shortcuts",
    admin: "Admin",
    signOut: "Sign out",
    theme: "Theme",
    system: "System",
    light: "Light",
    dark: "Dark",
    apiDocs: "API documentation",
  },
  picker: {
    label: (name: string) => `Model: ${name}`,
    none: "No model",
    search: "Search models",
    list: "Models",
    empty: "No model matches.",
    recommended: "Recommended",
    all: "All models",
    team: "Team",
    noneForTeam: "No model is granted to this team yet. Ask an administrator.",
    routes: "Routes",
    context: (tokens: number) =>
      tokens < 1000
        ? `${tokens} context`
        : tokens < 1_000_000
          ? `${Math.round(tokens / 1000)}k context`
          : `${+(tokens / 1_000_000).toFixed(1)}M context`,
    cost: { free: "Free", low: "$", medium: "$$", high: "$$$", unknown: "Cost unknown" },
    costSpoken: {
      free: "Free of charge",
      low: "Low cost",
      medium: "Medium cost",
      high: "High cost",
      unknown: "Cost unknown",
    },
    price: (cost: string, price: string) => `${cost}: ${price} per million tokens in and out`,
    ownDefault: "Your default",
    teamDefault: "Team default",
    menuFor: (name: string) => `More for ${name}`,
    setDefault: "Set as default",
    clearDefault: "Stop using as default",
    setDefaultNamed: (name: string) => `Set ${name} as default`,
    clearDefaultNamed: (name: string) => `Stop using ${name} as default`,
    defaultSet: (name: string, team: string) => `Your new chats in ${team} begin with ${name}.`,
    defaultCleared: (name: string, team: string) => `Your new chats in ${team} no longer begin with ${name}.`,
    undo: "Undo",
  },
  narrowing: {
    title: "Only in some documents",
    kinds: "Kind",
    tags: "Tag",
    owners: "Owner",
    since: "Dated from",
    until: "Dated to",
    dateNote:
      "A document’s date is its own, else the day on which it was added. Files of this chat are always read.",
    documents: (count: number) => (count === 1 ? "1 document" : `${count} documents`),
    chip: (count: number) => (count === 1 ? "1 filter" : `${count} filters`),
    widen: "Remove the filters of the documents",
  },
  composer: {
    label: "Message",
    placeholder: "Ask anything",
    placeholderFollow: "Reply…",
    add: "Add files and knowledge",
    upload: "Upload files",
    fromKnowledge: "From knowledge",
    knowledgeTitle: "Search in these collections",
    knowledgeEmpty: "There are no collections yet.",
    knowledgeFailed: "The collections could not be loaded.",
    done: "Done",
    knowledgeChip: (name: string) => `Knowledge: ${name}`,
    removeChip: (name: string) => `Remove ${name}`,
    send: "Send",
    sendEmpty: "Write a message first",
    sendUploading: "Wait until the upload is done",
    sendNoModel: "No model is available",
    sendTooLong: (limit: number) =>
      `Too long: at most ${limit.toLocaleString()} characters. Attach it as a file.`,
    stop: "Stop generating",
    note: "Answers can be wrong. Check important facts.",
    drop: "Drop files to attach them",
    pasted: "The long text was attached as a file.",
    pastedName: "Pasted text.txt",
    undo: "Undo",
    notSent: "Not sent. Your message is kept here.",
    running: "An answer is being written. Stop it first, or wait.",
    reconnecting: "Reconnecting…",
    retry: "Retry",
    offline: "You are offline. Drafts are kept.",
    editing: "Edit message",
  },
  files: {
    uploading: (share: number) => `Uploading ${Math.round(share * 100)}%`,
    reading: "Reading…",
    ready: (bytes: number, pages: number | null) =>
      pages ? `${size(bytes)} · ${pages} ${pages === 1 ? "page" : "pages"}` : size(bytes),
    failed: "Failed",
    retry: (name: string) => `Upload ${name} again`,
    tooLarge: (limit: number) => `Too large: at most ${size(limit)}`,
    empty: "The file is empty",
    unreadable: "The file could not be read",
    uploaded: (name: string) => `${name} uploaded`,
    list: "Attached files",
  },
  greeting: (name: string, hour: number) => {
    const time =
      hour < 5 ? "Good evening" : hour < 12 ? "Good morning" : hour < 18 ? "Good afternoon" : "Good evening";
    return name ? `${time}, ${name}` : time;
  },
  starters: [
    {
      title: "Ask about a document",
      text: "Summarise the attached document in five points and name the page of each.",
    },
    { title: "Draft an e-mail", text: "Draft a short, friendly e-mail that announces " },
    { title: "Explain simply", text: "Explain in plain words, with one example: " },
    {
      title: "Compare options",
      text: "Compare these options in a table, with pros, cons and a recommendation: ",
    },
  ],
  startersLabel: "Suggestions",
  gauge: {
    label: "What this chat uses",
    budget: (name: string, percent: number) => `${name}: ${percent}% used`,
    context: (percent: number) => `Context: ${percent}% used`,
  },
  ask: {
    edit: "Edit message",
    sendAnyway: "Send anyway",
    cancel: "Cancel",
    notSent: "Not sent.",
  },
  message: {
    conversation: "Conversation",
    you: "You said",
    answered: (model: string) => `${model} answered`,
    assistant: "The assistant",
    waiting: "Waiting for the first words",
    showMore: "Show more",
    showLess: "Show less",
    stopped: "Stopped",
    interrupted: "The connection to the model was cut. What was written is kept.",
    failedTitle: "The model did not respond.",
    failedText: "Your message is saved.",
    noSource: "This answer has no sources.",
    picture: "Picture",
    download: "Download",
    withoutKnowledge: "Nothing was looked up for this answer.",
    cutShort: "The answer reached the model's limit of length. Ask it to go on.",
    unsupported: (count: number) =>
      count === 1
        ? "1 statement was not found in the sources"
        : `${count} statements were not found in the sources`,
    tryAgain: "Try again",
    tryOther: "Try another model",
    askForMore: "Request more",
    loading: "Loading the conversation",
    earlier: "Earlier messages",
    missingTitle: "This chat is not here",
    missingText: "It was deleted, or you may not open it.",
    missingAction: "Start a new chat",
    loadFailed: "The chat could not be loaded. Nothing is lost.",
    sources: (count: number) => (count === 1 ? "1 source" : `${count} sources`),
  },
  actions: {
    label: "Message actions",
    copy: "Copy",
    copied: "Copied",
    copyFailed: "The browser did not allow copying",
    regenerate: "Regenerate",
    sameModel: "Same model",
    toBranch: "Branch to new chat",
    branched: "This is a new chat with what was said so far. The other one is unchanged.",
    branchedWithFiles:
      "This is a new chat with what was said so far. Files stay with the other one: attach them again to ask about them.",
    shorter: "Shorter",
    longer: "Longer",
    compare: "Compare with and without documents",
    edit: "Edit",
    send: "Send",
    cancel: "Cancel",
    more: "More",
    details: "Details",
    previous: "Previous answer",
    next: "Next answer",
    branch: (kind: string, at: number, of: number) => `${kind} ${at} of ${of}`,
    answer: "Answer",
    question: "Message",
    jump: "Jump to latest",
    showSources: "Sources",
    model: "Model",
    tokens: "Tokens",
    tokensValue: (input: number, output: number, estimated: boolean) =>
      `${input.toLocaleString()} in, ${output.toLocaleString()} out${estimated ? " (estimated)" : ""}`,
    created: "Written",
    close: "Close",
    good: "Good answer",
    bad: "Bad answer",
    read: "Read aloud",
    readStop: "Stop reading",
    noVoice:
      "This device has no voice of its own for this language. Nothing was sent to a service. You can add one in the device’s settings.",
    rated: "Your rating is kept",
    unrated: "Your rating was taken back",
    judge: "Something wrong?",
    judgeLabel: (title: string) => `Something wrong with the passage in ${title}?`,
  },
  steps: {
    label: "Steps",
    thinking: "Thinking",
    thought: (ms: number | null) => (ms ? `Thought for ${seconds(ms / 1000)}` : "Thought"),
    passages: (count: number) =>
      count === 0 ? "nothing found" : count === 1 ? "1 passage" : `${count} passages`,
    ended: { running: "", done: "", failed: "failed", stopped: "stopped", interrupted: "interrupted" },
    spent: (read: number, wrote: number, price: string | null, ms: number | null) =>
      `${read.toLocaleString()} tokens in, ${wrote.toLocaleString()} out, ${price ?? "cost unknown"}${ms === null ? "" : `, ${seconds(ms / 1000)}`}`,
  },
  route: {
    answered: (route: string, model: string) => `${route}: ${model} answered`,
    nobody: (route: string) => `${route}: nobody answered`,
    verdict: {
      passed: "Checked: passed",
      failed: "Checked: the first answer failed and was revised",
      unchecked: "Not checked",
    },
    revision: {
      passed: "The revision passed its check",
      failed: "The revision failed its check too",
      unchecked: "The revision was not checked",
    },
    claims: "Where the models agree and differ",
    agreed: "Agreed",
    disputed: "Disputed",
    single: "One model only",
    stated: (names: string) => `stated by ${names}`,
    denied: (names: string) => `contradicted by ${names}`,
  },
  nearest: {
    title: "These documents come nearest:",
    listed: "Whoever looks after these collections sees this question in a list, without your name.",
    without: "Answer without the documents",
  },
  sources: {
    title: "Sources",
    close: "Close sources",
    chip: (number: number, title: string, stale: boolean) =>
      `Source ${number}, ${title}${stale ? ", may be out of date" : ""}`,
    stale: (day: string) => `May be out of date: it was to be reviewed by ${day}.`,
    answersFor: (name: string) => `${name} answers for it.`,
    place: (place: string | undefined, page: number | null) =>
      place ? place.charAt(0).toUpperCase() + place.slice(1) : page === null ? "" : `Page ${page}`,
    classes: {
      public: "Public",
      internal: "Internal",
      confidential: "Confidential",
      restricted: "Restricted",
    },
    why: "Why can I see this?",
    open: "Open",
    openLabel: (title: string) => `Open the passage in ${title}`,
    unverified: "Not found word for word in the document",
    loadFailed: "The passage could not be loaded.",
    gone: "You may no longer open this document.",
    passage: "Passage",
    back: "Close passage",
    views: "Show as",
    asPage: "Page",
    asText: "Text",
    pageOf: (page: number, pages: number) => (pages ? `Page ${page} of ${pages}` : "Loading…"),
    pageLabel: (page: number) => `Page ${page} of the document`,
    pageBefore: "Previous page",
    pageAfter: "Next page",
    toPassage: "Back to the passage",
    notMarked: "The passage stands on this page but could not be marked on it. “Text” shows it.",
    pageFailed: "The pages could not be drawn. This is their text.",
  },
  shortcuts: {
    title: "Keyboard shortcuts",
    close: "Close",
    search: "Search chats",
    newChat: "New chat",
    sidebar: "Sidebar",
    model: "Choose a model",
    composer: "Go to the message box",
    escape: "Close the top layer, else stop generating",
    copyAnswer: "Copy the last answer",
    copyCode: "Copy the last code",
    messages: "Previous or next message",
    actions: "At the start of a line of a message: actions",
    models: "In a message: choose a model",
    collections: "In a message: search in a collection",
    undo: "Undo, while a notice offers it",
    list: "This list",
  },
  signedOut: {
    title: "You are signed out",
    text: "Your draft is kept on this device. Sign in again in a new tab, then continue here.",
    signIn: "Sign in",
    resume: "I have signed in",
  },
  markdown: {
    code: "Code",
    codeRegion: (language: string) => (language ? `${language} code` : "Code"),
    wrap: "Wrap lines",
    download: "Download",
    table: "Table",
    copyText: "Copy as text",
    copyCsv: "Copy as CSV",
    image: "Image",
    imageTip: (host: string) => `Image on ${host}. It is not loaded until you open it.`,
  },
  status: {
    generating: "Generating",
    stopped: "Stopped",
    ended: (state: string, start: string, words: number) => {
      if (state === "stopped") return "Stopped";
      if (state === "done")
        return start ? `Answer ready, ${words} ${words === 1 ? "word" : "words"}. ${start}` : "Answer ready";
      return "The answer ended early";
    },
    branch: (at: number, of: number) => `Showing answer ${at} of ${of}`,
  },
  errors: {
    explain: (status: number, title: string, detail: string, retryAfterSeconds: number | null): string => {
      if (status === 0) return "The server cannot be reached. Nothing is lost; try again.";
      if (status === 401) return "You are signed out. Nothing is lost; sign in again.";
      const wait = retryAfterSeconds ? ` Try again in ${seconds(retryAfterSeconds)}.` : "";
      if (detail)
        return `${title && title !== detail ? `${title.replace(/\.$/, "")}. ` : ""}${detail}${wait}`;
      if (status === 413) return "This is too large.";
      if (status === 429) return `You have reached a limit.${wait || " Try again later."}`;
      if (status >= 500) return "Something went wrong on our side. Nothing is lost; try again.";
      return title || "That did not work. Nothing was changed.";
    },
    reference: (reference: string) => `Reference ${reference}.`,
    close: "Close message",
  },
};

export type Messages = typeof m;
