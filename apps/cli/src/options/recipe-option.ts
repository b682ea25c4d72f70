import { type QuantizationRecipe, quantizationRecipes } from "@bayling/core/convert";
import { InvalidArgumentError, Option } from "commander";

/** The types that the matrices of a new file can have. */
export function recipeOption(): Option {
  const types = quantizationRecipes.join(", ");
  const advice = "Q4_K_M is the usual choice, Q8_0 loses next to nothing";
  return new Option("--type <name>", `what matrices become: ${types}. ${advice}`).argParser(recipe);
}

/** The name of a type in any case, as people write them in names of files. */
function recipe(name: string): QuantizationRecipe {
  const found = quantizationRecipes.find((each) => each === name.toUpperCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Allowed choices are ${quantizationRecipes.join(", ")}.`);
}
