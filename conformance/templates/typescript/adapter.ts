// The adapter: serves the port until standard input ends.

import { Port } from "./port.ts";
import { serve } from "./wire.ts";

await serve(new Port());
