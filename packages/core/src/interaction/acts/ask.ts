import type { Act } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkText } from "../reply-checks.ts";

export interface AskData {
  /** A question or a remark, said as it is. */
  readonly question: string;
}

const phrasings: Phrasings = {
  en: [
    "{question}",
    "I have a question: {question}",
    "One more thing: {question}",
    "Before we go on: {question}",
    "Something else: {question}",
    "Let me ask you this: {question}",
  ],
  zh: [
    "{question}",
    "我有个问题：{question}",
    "还有一点：{question}",
    "继续之前我想问一下：{question}",
    "另外问一下：{question}",
    "请问：{question}",
  ],
  de: [
    "{question}",
    "Ich habe eine Frage: {question}",
    "Noch etwas: {question}",
    "Bevor wir weitermachen: {question}",
    "Etwas anderes: {question}",
    "Dazu eine Frage: {question}",
  ],
};

export const askType: ActType<AskData> = defineAct<AskData>({
  kind: "ask",
  replies: "text",
  read: (fields) => ({ question: fields.text("question") }),
  say: ({ question }, context) => phrase(phrasings, context, { question }),
  verify: (_data, reply, context) => checkText(reply, context, "whether the answer is right cannot be decided"),
});

/** Asks or says anything; the answer leaves the translation as it is. @throws BayLingError `argument-invalid` */
export function ask(question: string): Act<AskData> {
  return askType.create({ question });
}
