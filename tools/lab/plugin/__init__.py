"""The whole plugin in real processes with a quota server, compared with the model of the simulation."""
