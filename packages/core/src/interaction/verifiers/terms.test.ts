import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkExcludes, checkGlossaryEntry, checkIncludes, checkRequired } from "./terms.ts";

describe("checkIncludes", () => {
  it.each([
    ["pass", "Open the ledger.", "ledger"],
    ["pass", "Ledger entries are final.", "ledger"],
    ["pass", "It is late. Ledger entries are final.", "ledger"],
    ["fail", "The Ledger is open.", "ledger"],
    ["fail", "LEDGER", "ledger"],
    ["fail", "open the ledger", "Ledger"],
    ["fail", "Two ledgers are open.", "ledger"],
    ["fail", "The ledgerbook is open.", "ledger"],
    ["fail", "Ｌｅｄｇｅｒ and ｌｅｄｇｅｒ", "ledger"],
    ["fail", "the led\u00adger", "ledger"],
    ["fail", "", "ledger"],
    ["fail", "the ledge r", "ledger"],
    ["pass", "the ledger's cover", "ledger"],
    ["pass", "the ledger’s cover", "ledger"],
    ["pass", "Pour l'amour du ciel", "amour"],
    ["fail", "I don't know", "don"],
    ["unknown", "the ledger-book", "ledger"],
    ["unknown", "Bank-Kunde", "Bank"],
    ["pass", "un cafe\u0301 noir", "café"],
    ["pass", "un café noir", "cafe\u0301"],
    ["fail", "un cafe noir", "café"],
    ["fail", "un cafe\u0301 noir", "cafe"],
    ["pass", "due\ndate", "due date"],
    ["pass", "打开账本。", "账本"],
    ["pass", "请用ledger这个词", "ledger"],
    ["fail", "帳本", "账本"],
    ["fail", "100 pages", "10"],
    ["fail", "10.5 pages", "10"],
    ["fail", "1,000 pages", "000"],
    ["pass", "It costs 10.", "10"],
    ["pass", "written in C++.", "C++"],
    ["fail", "snake_case_name", "case"],
    ["pass", "은행에서 만나요", "은행"],
    ["fail", "Das Kontobuch", "buch"],
    ["pass", "𝒜 ledger 𝒜", "ledger"],
  ] as const)("%s: %s has %s", (outcome, text, term) => expect(checkIncludes(text, [term]).outcome).toBe(outcome));

  it("takes any of several forms", () => {
    expect(checkIncludes("the account book", ["ledger", "account book"]).outcome).toBe("pass");
    expect(checkIncludes("the ledgers", ["ledger", "account book"])).toEqual({
      outcome: "fail",
      reason: 'it has none of "ledger", "account book"',
    });
  });

  it("has a policy for letter case", () => {
    expect(checkIncludes("Ledger", ["ledger"], { letterCase: "exact" }).outcome).toBe("fail");
    expect(checkIncludes("the LEDGER", ["ledger"], { letterCase: "any" }).outcome).toBe("pass");
    expect(checkIncludes("die STRASSE", ["Straße"], { letterCase: "any" }).outcome).toBe("pass");
  });

  it("does not count a term that is only talked about", () => {
    const source = "这是账本。";
    expect(checkIncludes('I was told to use "ledger" here.', ["ledger"], { source }).outcome).toBe("unknown");
    expect(checkIncludes('"ledger" is here; the ledger too.', ["ledger"], { source }).outcome).toBe("pass");
    expect(checkIncludes("Er sagt „Ja“.", ["Ja"], { source: "He says “yes”." }).outcome).toBe("pass");
  });

  it("says why not", () => {
    expect(checkIncludes("ledgers", ["ledger"]).reason).toContain("part of a longer word");
    expect(checkIncludes("my Ledger", ["ledger"]).reason).toContain("letter case");
    expect(checkIncludes("ｌｅｄｇｅｒ", ["ledger"]).reason).toContain("another form");
    expect(checkIncludes("journal", ["ledger"]).reason).toBe('"ledger" is not there');
  });

  it("passes only where a plain search for the word finds it too", () => {
    const piece = fc.constantFrom("a", "b", "ab", "A", " ", ".", "-", "'", "账", "1", "\u0301", "é", "\n", "“", "”");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.constantFrom("a", "ab", "账", "é", "1", "a b"),
        (pieces, term) => {
          const text = pieces.join("");
          if (checkIncludes(text, [term], { letterCase: "exact" }).outcome !== "pass") return;
          const written = text.normalize("NFC").replace(/\s+/g, " ");
          const word = /\p{Script=Han}/u.test(term)
            ? term
            : `(?<![[\\p{L}\\p{N}]--\\p{Script=Han}])${term}(?![[\\p{L}\\p{M}\\p{N}]--\\p{Script=Han}])`;
          expect(written).toMatch(new RegExp(word, "v"));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("checkExcludes", () => {
  it.each([
    ["pass", "the shore", "bank"],
    ["fail", "the bank", "bank"],
    ["fail", "the BANK", "bank"],
    ["fail", "the Bank's", "bank"],
    ["fail", "the bank-book", "bank"],
    ["fail", "the ｂａｎｋ", "bank"],
    ["fail", "the ba\u00adnk", "bank"],
    ["fail", "the b\u200bank", "bank"],
    ["fail", "the bank.", "bank"],
    ["unknown", "the banks", "bank"],
    ["unknown", "bankrupt", "bank"],
    ["fail", "un CAFÉ", "cafe\u0301"],
    ["fail", "die Strasse", "Straße"],
    ["fail", "due\n date", "due date"],
    ["fail", "去银行吧", "银行"],
    ["pass", "去河岸吧", "银行"],
    ["fail", "用bank吧", "bank"],
    ["fail", "ΛΌΓΟΣ", "λόγος"],
    ["pass", "", "bank"],
  ] as const)("%s: %s without %s", (outcome, text, term) =>
    expect(checkExcludes(text, { term }).outcome).toBe(outcome),
  );

  it("minds the letter case where that is asked for", () => {
    expect(checkExcludes("let us go", { term: "US", matchCase: true }).outcome).toBe("pass");
    expect(checkExcludes("the US economy", { term: "US", matchCase: true }).outcome).toBe("fail");
  });

  it("passes only where the letters are not there in any case", () => {
    const piece = fc.constantFrom("b", "B", "a", "A", "n", "k", "ｂ", "\u00ad", " ", "-", "账");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join("");
        const bare = text
          .normalize("NFKC")
          .replace(/\u00ad/g, "")
          .toLowerCase();
        expect(checkExcludes(text, { term: "ba" }).outcome === "pass").toBe(!bare.includes("ba"));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("terms of the source", () => {
  const entry = { source: "file", targets: ["Datei"] };

  it("are asked for where the source has them", () => {
    expect(checkGlossaryEntry("Die Datei ist offen.", entry, "The file is open.")?.outcome).toBe("pass");
    expect(checkGlossaryEntry("Die Akte ist offen.", entry, "The File is open.")?.outcome).toBe("fail");
    expect(checkGlossaryEntry("Die Akte ist offen.", entry, "The door is open.")).toBeUndefined();
  });

  it("are undecided within longer words of the source", () => {
    expect(checkGlossaryEntry("Die Akten sind offen.", entry, "The files are open.")?.outcome).toBe("unknown");
    expect(checkGlossaryEntry("Jede Datei ist offen.", entry, "The files are open.")?.outcome).toBe("pass");
  });

  it("without a source are always asked for", () => {
    expect(checkRequired("Die Akte", { forms: ["Datei"] }, "The door")?.outcome).toBe("fail");
  });
});
