"""Imported first where a service process begins: until it runs, nothing is collected. What a start makes stays."""

import gc

gc.disable()
