"""What the product is measured by, each beside the same work done the plainest way in the same run: `make bench`."""
