"""`make bench`: what Lotse costs beside what could be written by hand or taken from a library, as ratios."""
