// Importing this ends the process on a Node that is too old, with a message in place of a syntax error. It and every
// script that imports it first keep to syntax and modules that Node 16 has.
const required = [20, 19];
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < required[0] || (major === required[0] && minor < required[1])) {
  console.error(
    `BayLing needs Node ${required.join(".")} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      "Install a current release from https://nodejs.org and run the command again.",
  );
  process.exit(1);
}
