"""Who watches the product itself: a process apart that works out what should have happened (DESIGN.md, rule 11)."""
