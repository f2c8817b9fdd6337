// A step of a test: a line such as
//
//   alice: js-script ./lib/step.js with "halt,stopped" within 120 seconds
//
// runs `zombienet/lib/step halt stopped`, and fails if that fails.

const { spawn } = require("child_process");
const { openSync } = require("fs");
const path = require("path");

exports.run = (_node, _network, [test, step]) =>
	new Promise((resolve, reject) => {
		// What the step tells goes where scripts/zombienet shows it; without that, to the terminal.
		const said = process.env.WARD_ZOMBIENET_SAID ? openSync(process.env.WARD_ZOMBIENET_SAID, "a") : "inherit";
		const child = spawn(path.join(__dirname, "step"), [test, step], { stdio: ["ignore", said, said] });
		child.on("error", reject);
		child.on("exit", (code, signal) =>
			code === 0 ? resolve() : reject(new Error(`${test} ${step} ended with ${signal ?? code}`)),
		);
	});
