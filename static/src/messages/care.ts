/** Strings of what is loaded only when it is used: judging answers and passages. */
export const c = {
  rating: {
    good: "Good answer",
    bad: "Bad answer",
    thanks: "Thank you. Your rating is kept.",
    takenBack: "Your rating was taken back.",
    title: "What was wrong?",
    reasons: {
      wrong: "Not correct",
      incomplete: "Incomplete",
      outdated: "Out of date",
      not_what_i_asked: "Not what I asked",
      too_long: "Too long",
      unsafe: "Harmful or unsafe",
    },
    comment: "Comment (optional)",
    send: "Send",
    cancel: "Cancel",
  },
  compare: {
    title: "The same question with and without the documents",
    found: "With documents",
    bare: "Without documents",
    keep: "Keep this answer",
    discard: "Discard",
    kept: "The chat goes on from this answer",
    discarded: "Answer discarded",
  },
  verified: {
    by: (name: string, day: string) =>
      `Verified answer, approved${name ? ` by ${name}` : ""}${day ? ` on ${day}` : ""}`,
    question: (text: string) => `It answers: ${text}`,
    ask: "Ask the model instead",
  },
  passage: {
    open: "Something wrong?",
    openLabel: (title: string) => `Something wrong with the passage in ${title}?`,
    title: "What is wrong with this passage?",
    kinds: {
      wrong_document: "Wrong document",
      outdated: "Out of date",
      not_said: "Does not say this",
    },
    asPicture: "Picture",
    picture: (title: string) => `${title}. “Text” shows what was read of it.`,
    comment: "Comment (optional)",
    told: "Whoever looks after the collection reads it with your question and your name.",
    send: "Send",
    cancel: "Cancel",
    thanks: "Thank you. It was sent to those who look after the collection.",
  },
};
