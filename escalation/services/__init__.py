"""What follows from facts: pre-response, proposals, obligations, and the decisions people take on them."""
