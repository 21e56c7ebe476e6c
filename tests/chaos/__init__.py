"""`make chaos`: a city lives while its parts are killed, paused, cut off and lied to; after each, all is checked."""
