// The adapter: serves the port until standard input ends.

import { Port } from "./port.mjs";
import { serve } from "./wire.mjs";

await serve(new Port());
