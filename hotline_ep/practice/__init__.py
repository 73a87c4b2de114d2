"""The practice company: people of every role, groups, regions, hotlines, nodes and weeks of history to try the product on."""
