"""The served side of the JSON protocol: any connector behind an address of its own."""
