"""The tab Race: entering, looking, voting and the result, and the organiser's panel."""
