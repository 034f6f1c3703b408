// What an application in TypeScript writes: compiled against the types that are made from the API's document.
import type { components, paths } from "./api.js";

type Body<P extends keyof paths> = paths[P] extends { post: { requestBody: { content: { "application/json": infer B } } } }
  ? B
  : never;
type Answer<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends {
  responses: { 200: { content: { "application/json": infer A } } };
}
  ? A
  : never;

const asked: Body<"/impact"> = { failed: ["grid:bus/220"], horizon_s: "8h", what_if: [{ op: "delete", id: "grid:x" }] };
const listed: NonNullable<paths["/assets"]["get"]["parameters"]["query"]> = { kind: "bus", limit: 10 };

export async function ask(url: string, key: string): Promise<string[]> {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const answer = await fetch(`${url}/impact`, { method: "POST", headers, body: JSON.stringify(asked) });
  if (!answer.ok) {
    const problem = (await answer.json()) as components["schemas"]["Problem"];
    throw new Error(`${problem.code}: ${problem.fix}`);
  }
  const impact = (await answer.json()) as Answer<"/impact", "post">;
  return impact.affected.map((row) => `${row.id} ${row.verdict} ${row.time_s ?? "-"}`);
}

export const page = (found: Answer<"/assets", "get">): number => found.items.length + found.total + (listed.limit ?? 0);

// @ts-expect-error: a parameter that the API does not know is seen by the compiler
export const wrong: Body<"/impact"> = { fialed: ["grid:bus/220"] };
